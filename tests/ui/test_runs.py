"""The Runs page's buttons: a form that starts exactly what was chosen, cancel, delete after a
second look.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from heatcheck.attribution import METHODS
from heatcheck.inputs import image_sets
from heatcheck.runs import engine, specs
from heatcheck.runs.draws import MANY
from heatcheck.runs.in_process import InProcess
from heatcheck.runs.metric_settings import BUDGET
from heatcheck.runs.schema import runs_table
from heatcheck.runs.specs import RunSpec
from heatcheck.runs.store import Store
from heatcheck.server import service
from heatcheck.server.workbench import Workbench
from heatcheck.tests.doubles.runs import put_in, put_in_state
from heatcheck.ui.runs import form, which_images
from heatcheck.ui.runs.which_images import HAND, Which

METHODS_KEY = f"start_methods_efficientnet_lite0_{len(METHODS)}"
ROOT = Path(service.__file__).parent.parent


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[RunSpec]:
    asked: list[RunSpec] = []
    monkeypatch.setattr(
        service, "start_run", lambda spec: (asked.append(spec), service.store().runs.open(spec))[1]
    )
    return asked


def opened() -> AppTest:
    page = AppTest.from_file(str(ROOT / "pages/evaluate/runs.py"), default_timeout=60).run()
    assert not page.exception
    return page


def button(page: AppTest, label: str) -> object:
    return next(one for one in page.button if one.label == label)


def captions(page: AppTest) -> str:
    return "\n".join(str(one.value) for one in page.caption)


def by_hand(page: AppTest) -> AppTest:
    """The form, where images are chosen one by one."""
    return page.segmented_control(key="start_which_samples").set_value("hand").run()


def test_the_form_starts_exactly_what_was_chosen(
    shared_store: Store, started: list[RunSpec]
) -> None:
    page = by_hand(opened())
    page.multiselect(key="start_images_samples").set_value(["photo_02", "photo_07"])
    page.multiselect(key=METHODS_KEY).set_value(["grad_cam", "random"])
    (metrics,) = [one for one in page.multiselect if one.label == "Metrics"]
    metrics.set_value(["deletion", "runtime"])
    page.selectbox(key="start_points").set_value("drawn-17")
    page.selectbox(key="start_substrates").set_value("blur")
    page.number_input(key="start_seed").set_value(5)
    page.run()
    assert "2 images x 2 methods, 4 maps" in captions(page)
    page.button(key="start_run").click().run()
    (spec,) = started
    assert spec == specs.ask(
        only=["photo_02", "photo_07"],
        methods=["grad_cam", "random"],
        metrics=["deletion", "runtime"],
        points="drawn-17",
        substrates="blur",
        seed=5,
    )
    assert page.selectbox(key="run").value == spec.id


def test_the_form_asks_by_default_what_the_command_asks(
    shared_store: Store, started: list[RunSpec]
) -> None:
    page = opened()
    assert page.selectbox(key="start_points").value == BUDGET
    page.button(key="start_run").click().run()
    assert started == [specs.ask()]


def test_the_form_takes_another_packaged_network_beside(
    shared_store: Store, started: list[RunSpec]
) -> None:
    page = opened()
    page.multiselect(key=METHODS_KEY).set_value(["grad_cam", "random"])
    (metrics,) = [one for one in page.multiselect if one.label == "Metrics"]
    metrics.set_value(["deletion"])
    beside = page.selectbox(key="start_beside_efficientnet_lite0")
    assert beside.value == ""
    assert "EfficientNet-Lite0" not in beside.options
    beside.set_value("efficientnet_lite1").run()
    page.button(key="start_run").click().run()
    assert started == [
        specs.ask(methods=["grad_cam", "random"], metrics=["deletion"], beside="efficientnet_lite1")
    ]
    assert {"deletion_network", "insertion_network"} <= {
        metric.name for metric in started[0].metrics
    }


def test_the_form_offers_the_metrics_that_the_images_allow(
    shared_store: Store, started: list[RunSpec]
) -> None:
    page = opened()
    (metrics,) = [one for one in page.multiselect if one.label == "Metrics"]
    assert "Deletion exchange gain" in metrics.options
    assert metrics.value == list(specs.STANDARD_METRICS)
    by_hand(page).multiselect(key="start_images_samples").set_value(["photo_02"]).run()
    (metrics,) = [one for one in page.multiselect if one.label == "Metrics"]
    assert not {"Deletion exchange gain", "Grid pointing game", "Energy in the mask"} & set(
        metrics.options
    )  # one image, and no masks
    page.button(key="start_run").click().run()
    assert started[0].metrics == specs.ask(only=["photo_02"]).metrics
    assert not started[0].compared


def test_the_form_asks_with_the_parameters_that_were_set(
    shared_store: Store, started: list[RunSpec]
) -> None:
    page = opened()
    page.multiselect(key=METHODS_KEY).set_value(["smoothgrad", "random"])
    page.run()
    page.number_input(key="start_smoothgrad_samples").set_value(9)
    page.run()
    page.button(key="start_run").click().run()
    (spec,) = started
    assert spec.methods[0].params["samples"] == 9


def test_the_form_offers_what_can_explain_the_classifier_and_says_why_the_rest_cannot(
    shared_store: Store, started: list[RunSpec], monkeypatch: pytest.MonkeyPatch
) -> None:
    reasons = {"grad_cam": "it needs a layer.", "rise": "it is *bold*."}
    monkeypatch.setattr(Workbench, "why_not", lambda self, classifier, wait: reasons)
    page = opened()
    (methods,) = [one for one in page.multiselect if one.label == "Methods"]
    assert "Grad-CAM" not in methods.options
    assert len(methods.options) == len(METHODS) - 2
    assert "2 methods cannot explain this classifier." in captions(page)
    assert "Grad-CAM: it needs a layer" in captions(page).replace("\\", "")
    assert "it is \\*bold\\*" in captions(page)


def test_a_classifier_that_is_not_on_the_list_is_refused(shared_store: Store) -> None:
    chosen = {
        "classifier": "os:getcwd?folder=/&sha256=1",
        "beside": "",
        "source": "samples",
        "methods": ["random"],
        "metrics": ["deletion"],
        "points": 3,
        "seed": 0,
        "found": image_sets.read("samples"),
        "which": Which(HAND, only=("photo_00",)),
    }
    spec, why_not = form._asked(chosen)
    assert spec is None
    assert "classifier in this form to be one that this server offers" in why_not
    beside = {**chosen, "classifier": "efficientnet_lite0", "beside": chosen["classifier"]}
    spec, why_not = form._asked(beside)
    assert spec is None
    assert "a network beside in this form to be one that this server offers" in why_not
    folder = {**chosen, "classifier": "efficientnet_lite0", "beside": "", "source": "/etc"}
    spec, why_not = form._asked(folder)
    assert spec is None
    assert "images in this form to be one that this server offers" in why_not


def test_the_form_says_what_is_missing_and_does_not_start(
    shared_store: Store, started: list[RunSpec]
) -> None:
    page = opened()
    page.multiselect(key=METHODS_KEY).set_value([]).run()
    assert page.button(key="start_run").disabled
    assert "Choose at least one method" in captions(page)
    page.multiselect(key=METHODS_KEY).set_value(["random"]).run()
    assert not page.button(key="start_run").disabled
    assert started == []


def test_the_form_says_how_long_it_takes_once_a_run_has_ended(shared_store: Store) -> None:
    assert "once a run has ended here" in captions(opened())
    spec = specs.ask(only=["photo_00"], methods=["random"], metrics=["runtime"], points=3)
    engine.execute(spec, shared_store, InProcess())
    page = opened()
    assert "about " in captions(page)
    assert "judged by the last run here" in captions(page)
    said = captions(page).replace("\\", "")
    assert (
        "perhaps much slower: Vanilla Gradients, Integrated Gradients, SmoothGrad, "
        "Grad-CAM, Centre Prior, Edges." in said
    )  # all but Random


def test_cancel_stops_a_run_and_says_so_while_it_ends(shared_store: Store) -> None:
    run = shared_store.runs.open(specs.ask(methods=["random"], points=3))
    with shared_store.runs.claim(run):
        page = opened()
        page.button(key="cancel_run").click().run()
        assert shared_store.runs.stop_asked(run)
        assert page.button(key="cancel_run").disabled
        assert page.button(key="cancel_run").label.startswith("Stopping")
        assert "Cancel it first" in captions(page)
        assert [one for one in page.button if one.key == "delete_run"] == []


def test_delete_takes_a_run_away_and_the_page_goes_on_with_the_next(shared_store: Store) -> None:
    kept = shared_store.runs.open(specs.ask(methods=["random"], points=3))
    gone = shared_store.runs.open(specs.ask(methods=["edges"], points=3))
    page = opened()
    page.selectbox(key="run").select(gone).run()
    page.button(key="delete_run").click().run()
    assert not page.exception
    assert [run.id for run in shared_store.runs.all()] == [kept]
    assert page.selectbox(key="run").value == kept


def test_a_run_of_another_version_is_shown_and_can_be_deleted(shared_store: Store) -> None:
    with shared_store.database.writing() as connection:
        put_in(connection, "f" * 16)
    page = opened()
    assert "made by another version" in captions(page)
    page.button(key=f"delete_foreign_{'f' * 16}").click().run()
    assert not page.exception
    assert shared_store.runs.foreign() == []
    assert "made by another version" not in captions(page)


def test_go_on_starts_the_run_and_a_question_that_reads_otherwise_here_is_refused(
    shared_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = specs.ask(methods=["random"], points=3)
    run = shared_store.runs.open(spec)
    put_in_state(shared_store, run, "interrupted")
    started: list[str] = []
    monkeypatch.setattr(service, "start_run", lambda spec: started.append(spec.id))
    go_on = next(one for one in opened().button if one.label == "Go on with this run")
    go_on.click().run()
    assert started == [run]
    with shared_store.database.writing() as connection:
        connection.execute(runs_table.update().values(id="e" * 16))
    page = opened()
    next(one for one in page.button if one.label == "Go on with this run").click().run()
    assert started == [run]
    assert "has another id" in "".join(str(one.value) for one in page.error)


def test_the_form_takes_a_file_of_groups(shared_store: Store, started: list[RunSpec]) -> None:
    page = by_hand(opened())
    page.multiselect(key="start_images_samples").set_value(["photo_02", "photo_07", "photo_08"])
    page.multiselect(key=METHODS_KEY).set_value(["random"])
    page.run()
    wrong = ("g.csv", b"image,group\nphoto_02,one\nnobody,one\n", "text/csv")
    page.file_uploader(key="start_groups").set_value(wrong).run()
    assert "Got 'nobody'" in captions(page)
    assert page.button(key="start_run").disabled
    right = ("g.csv", b"image,group\nphoto_02,one\nphoto_07,one\n", "text/csv")
    page.file_uploader(key="start_groups").set_value(right).run()
    assert "3 images, 2 samples: 1 image stands alone." in captions(page)
    page.button(key="start_run").click().run()
    assert started[0].groups == {"photo_02": "one", "photo_07": "one"}


def test_what_was_said_of_a_network_stands_with_its_question(shared_store: Store) -> None:
    run = shared_store.runs.open(specs.ask(methods=["random"], points=3))
    kept = json.dumps({"device": "cpu", "notes": "It answers with a mapping."})
    put_in_state(shared_store, run, "cancelled", provenance=kept)
    page = opened()
    assert "It answers with a mapping" in captions(page)
    facts = next(table.value for table in page.dataframe if "Value" in table.value.columns)
    assert list(facts["What"]) == ["device"]


def test_the_form_draws_a_sample_and_says_what_was_left_out(
    shared_store: Store,
    started: list[RunSpec],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = tmp_path / "set"
    for name in ("cat/a.png", "cat/b.png", "dog/c.png", "dog/mu\udcf1oz.png", "readme.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode(errors="surrogateescape"))
    monkeypatch.setenv("HEATCHECK_IMAGES", str(folder))
    page = opened()
    assert "Left out: 1 file of another kind (readme.txt)." in captions(page).replace("\\", "")
    page.segmented_control(key=f"start_which_{folder}").set_value("drawn").run()
    assert page.number_input(key=f"start_sample_{folder}").value == 4
    page.number_input(key=f"start_sample_{folder}").set_value(2).run()
    page.button(key="start_run").click().run()
    assert not page.exception
    (spec,) = started
    assert (spec.sample, len(spec.images)) == (2, 2)
    assert {image.label for image in spec.images} == {"cat", "dog"}


@pytest.fixture
def four_hundred(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A folder of 400 images of two classes, told to the server."""
    folder = tmp_path / "many"
    for place in range(400):
        file = folder / f"{'cat' if place < 300 else 'dog'}/{place:03d}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"image %d" % place)
    monkeypatch.setenv("HEATCHECK_IMAGES", str(folder))
    return str(folder)


def test_of_many_images_a_sample_is_measured_unless_somebody_wants_all(
    shared_store: Store, started: list[RunSpec], four_hundred: str
) -> None:
    assert len(service.default_spec().images) == MANY
    page = opened()
    assert not [one for one in page.multiselect if "mages" in one.label]
    page.number_input(key="start_seed").set_value(3).run()
    page.button(key="start_run").click().run()
    (spec,) = started
    assert spec == specs.ask(source=four_hundred, sample=MANY, seed=3)
    assert Counter(image.label for image in spec.images) == {"cat": 25, "dog": 25}


def test_a_long_run_starts_after_a_question_alone(
    shared_store: Store, started: list[RunSpec], four_hundred: str
) -> None:
    page = opened()
    page.segmented_control(key=f"start_which_{four_hundred}").set_value("all").run()
    page.button(key="start_run").click().run()
    assert "2,800 maps; how long is not known yet" in markdown(page)
    assert started == []
    page.button(key="start_cancelled").click().run()
    assert "2,800 maps" not in markdown(page)
    page.button(key="start_run").click().run()
    page.number_input(key="start_seed").set_value(1).run()  # another run than was asked about
    assert "2,800 maps" not in markdown(page)
    page.button(key="start_run").click().run()
    page.button(key="start_agreed").click().run()
    assert started == [specs.ask(source=four_hundred, seed=1)]


def markdown(page: AppTest) -> str:
    return "\n".join(str(one.value) for one in page.markdown)


def test_names_of_many_images_are_typed(
    shared_store: Store, started: list[RunSpec], four_hundred: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(which_images, "LISTED", 399)
    page = opened()
    page.segmented_control(key=f"start_which_{four_hundred}").set_value("hand").run()
    assert page.button(key="start_run").disabled
    assert "Choose at least one image" in captions(page)
    page.text_area(key=f"start_names_{four_hundred}").set_value("cat/000\n dog/399 \n\ncat/000")
    page.run()
    page.button(key="start_run").click().run()
    assert [image.name for image in started[0].images] == ["cat/000", "dog/399"]
