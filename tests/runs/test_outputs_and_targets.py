"""Whole runs of networks whose outputs are no softmax, and of other classes than the top one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from heatcheck.answer.headline import has_values
from heatcheck.core.errors import BadParameter, ClassifierUnavailable, RunProblem, UnknownName
from heatcheck.judgement.evidence import Evidence
from heatcheck.judgement.scores import Scores
from heatcheck.runs import specs
from heatcheck.runs.asked import asked_of
from heatcheck.runs.store import Store
from heatcheck.runs.target_rules import TargetRule
from heatcheck.tests.doubles.small_runs import picture, run_on

HEAD = """
import torch
from torch import nn

class Red(nn.Module):
    '''One number: the more red the picture has, the larger it is.'''

    def __init__(self, way="logit"):
        super().__init__()
        torch.manual_seed(0)
        self.way = way
        self.conv = nn.Conv2d(3, 6, 3, 2, 1)
        self.conv.weight.data[0] = torch.tensor([1.0, -1.0, -1.0]).reshape(3, 1, 1)
        self.act = nn.ReLU()
        self.head = nn.Linear(6, 1)
        self.head.weight.data = torch.tensor([[9.0, 0.3, -0.2, 0.1, -0.1, 0.2]])

    def forward(self, x):
        z = self.head(self.act(self.conv(x)).mean((2, 3))) - 0.5
        if self.way == "two":
            return torch.cat([torch.zeros_like(z), z], 1)
        return 128 * z if self.way == "large" else z  # a power of two: exact
"""
FINDINGS = """
import torch
from torch import nn

class Findings(nn.Module):
    '''Red on the left, green on the right, each by itself; and one that is never there.'''

    def __init__(self):
        super().__init__()
        self.colours = nn.Conv2d(3, 2, 1)
        rows = [[1.0, -0.5, -0.5], [-0.5, 1.0, -0.5]]
        self.colours.weight.data = torch.tensor(rows)[..., None, None]
        self.colours.bias.data.zero_()
        self.act = nn.ReLU()

    def forward(self, x):
        found = self.act(self.colours(x * 0.5 + 0.5))
        half = x.shape[-1] // 2
        left, right = found[:, 0, :, :half].mean((1, 2)), found[:, 1, :, half:].mean((1, 2))
        return torch.stack([60 * left - 3, 60 * right - 3, 0 * left - 3], 1)
"""
Evaluate = Callable[..., tuple[Store, str, pd.DataFrame]]
METRICS = ["deletion", "insertion", "deletion_exchange", "insertion_exchange"]


def make(network: str, **settings: object) -> str:
    said = ", ".join(f"{key!r}: {value!r}" for key, value in settings.items())
    return (
        "\n\ndef make():\n"
        '    norm = {"mean": [0.5] * 3, "std": [0.5] * 3, "size": 32}\n'
        f"    return {network}, {{**norm, {said}}}\n"
    )


def reds(count: int = 6) -> dict[str, np.ndarray]:
    """Half of them have a red spot."""
    spots = [(3 * place, 2 + 3 * place) if place % 2 else None for place in range(count)]
    return {f"p{place}": picture(spot, place) for place, spot in enumerate(spots)}


@pytest.fixture
def evaluated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Evaluate:
    """A function: the store and the id of a run of a network, and its table."""

    def run(
        module: str, network: str, pictures: dict[str, np.ndarray], **asked: object
    ) -> tuple[Store, str, pd.DataFrame]:
        monkeypatch.setattr("heatcheck.tests.doubles.small_runs.MAKE", "")
        monkeypatch.setattr("heatcheck.runs.engine._untried", lambda *_: {})
        root = tmp_path / module
        root.mkdir()
        asked = {"methods": ["grad_cam", "vanilla_gradients", "random"], "metrics": METRICS} | asked
        store, known = run_on(root, pictures, module, network, **asked)  # type: ignore[arg-type]
        return store, known, store.results.table(known)

    return run


def test_one_logit_scores_as_the_same_network_with_two(evaluated: Evaluate) -> None:
    _, _, one = evaluated("one_logit_net", HEAD + make("Red()"), reds())
    _, _, two = evaluated("two_logits_net", HEAD + make('Red("two")'), reds())
    assert set(one["target"]) == {0, 1}, "both sides are explained"
    keys = ["image", "method", "metric"]
    both = one.merge(two, on=keys, suffixes=("_one", "_two"))
    assert both["target_one"].tolist() == both["target_two"].tolist()
    np.testing.assert_allclose(both["probability_one"], both["probability_two"], atol=1e-6)
    # where class 0 is the answer two logits have no gradient, and the one has
    rows = both[(both["target_one"] == 1) & ~both["metric"].str.contains("exchange")]
    assert len(rows) > 50
    np.testing.assert_allclose(rows["value_one"], rows["value_two"], atol=1e-5)
    other = one[(one["target"] == 0) & (one["method"] == "vanilla_gradients")]
    assert other["error"].eq("").all()


def test_the_predicted_side_of_one_logit_has_its_probability(evaluated: Evaluate) -> None:
    store, run, table = evaluated(
        "sides_net", HEAD + make("Red()", labels=["ripe"]), reds(), methods=["random"]
    )
    assert (table["probability"] >= 0.5).all(), "the side that the network names"
    names = {image.target_name for image in store.results.images(run)}
    assert names == {"ripe", "not ripe"}
    assert asked_of(store.runs.get(run)) == (
        "Outputs: binary, one logit of two classes. Explained: the class that the model names. "
        "No other class to hold a map against."
    )


def both_discs() -> dict[str, np.ndarray]:
    pixels = np.full((32, 32, 3), 90, np.uint8)
    pixels[10:20, 3:13] = (230, 20, 20)
    pixels[10:20, 19:29] = (20, 230, 20)
    only = pixels.copy()
    only[10:20, 19:29] = 90
    return {"both": pixels, "red": only}


def test_a_finding_has_a_probability_whatever_else_is_there(evaluated: Evaluate) -> None:
    labels = ["red left", "green right", "never"]
    store, run, table = evaluated(
        "findings_net",
        FINDINGS + make("Findings()", labels=labels, output="sigmoid"),
        both_discs(),
        target="class:red left",
    )
    assert set(table["target"]) == {0}
    model = Scores.of_run(store, run).model
    assert model is not None
    assert model.sentences[0].startswith("The model's findings may stand side by side, so hits")
    by_image = table.groupby("image")["probability"].first()
    assert by_image["both"] == pytest.approx(by_image["red"], abs=1e-6)
    _, _, soft = evaluated(
        "softmax_net",
        FINDINGS + make("Findings()", labels=labels),
        both_discs(),
        target="class:red left",
    )
    by_image = soft.groupby("image")["probability"].first()
    assert by_image["both"] < 0.6 < by_image["red"], "a softmax lets the other finding decide"


def test_a_plain_score_is_judged_in_its_own_unit(evaluated: Evaluate) -> None:
    """The same network with outputs 128 times as large says the same."""
    kinds = {}
    for name, way in (("score_net", "logit"), ("large_net", "large")):
        store, run, table = evaluated(
            name,
            HEAD + make(f"Red({way!r})", output="score"),
            reds(),
            metrics=[{"name": metric, "points": "adaptive"} for metric in METRICS],
        )
        assert not table["error"].any()
        assert set(table.loc[table["metric"].isin(METRICS), "unit"]) == {"output"}
        assert "deletion.out_of_distribution" not in set(table["metric"]), "it has no energy"
        kinds[name] = Scores.of_run(store, run)
    one, large = kinds["score_net"], kinds["large_net"]
    assert large.whole == pytest.approx(128 * one.whole, rel=1e-4)
    for metric in METRICS:
        np.testing.assert_allclose(large.of(metric), 128 * one.of(metric), rtol=1e-3, atol=1e-2)
    assert Evidence(large).words == Evidence(one).words
    assert Evidence(one).least == pytest.approx(0.01 * one.whole)
    assert one.bounds("deletion") == (-np.inf, np.inf)
    assert one.unit_of("deletion") == "output"
    assert one.model is not None
    assert one.model.sentences[0] == "The model answers with plain scores, so hits are not counted."


@pytest.mark.parametrize("output", ["score", "binary"])
def test_one_output_has_no_other_class_and_its_model_is_still_asked(
    output: str, evaluated: Evaluate
) -> None:
    """The other side of one logit is the same number with another sign."""
    gains = ["deletion_model", "insertion_model", "deletion_class", "insertion_class"]
    store, run, table = evaluated(
        f"alone_{output}_net",
        HEAD + make("Red()", output=output),
        reds(),
        metrics=["deletion", "insertion", *gains, "target_sensitivity"],
    )
    assert not table["error"].any()
    assert not table["metric"].str.contains("class|target_sensitivity").any()
    evidence = Evidence(Scores.of_run(store, run))
    assert "model" in [question.name for question in evidence.questions]
    assert evidence.of("grad_cam", "model").mark != "not measured"
    assert has_values(evidence, "grad_cam", "model") is bool(evidence.areas)
    assert evidence.areas or output == "score"


def test_thresholds_on_a_plain_score_that_was_not_covered_say_nothing(evaluated: Evaluate) -> None:
    store, run, _ = evaluated(
        "uncovered_net",
        HEAD + make("Red()", output="score"),
        reds(),
        metrics=["deletion_exchange", "insertion_exchange"],
    )
    scores = Scores.of_run(store, run)
    showing = Evidence(scores).of("grad_cam", "picture")
    assert showing.mark == "cannot be said"
    assert "not known without deletion or insertion" in showing.reason


# -- which class -----------------------------------------------------------------------------------

THREE = make("Findings()", labels=["red left", "green right", "never"])


def labelled() -> dict[str, np.ndarray]:
    both = both_discs()
    again = both["red"].copy()
    again[:3] = 60
    return {"red left/1": both["red"], "never/2": again, "green right/3": both["both"]}


def test_the_label_is_explained_and_the_models_own_answer_is_counted(evaluated: Evaluate) -> None:
    store, run, table = evaluated(
        "label_net", FINDINGS + THREE, labelled(), target="label", methods=["random"]
    )
    seen = {image.label_name: image for image in store.results.images(run)}
    assert seen["never"].target == 2
    assert (seen["never"].answer_name, seen["never"].right) == ("red left", False)
    assert (seen["red left"].answer, seen["red left"].right) == (0, True)
    assert seen["never"].probability == pytest.approx(
        float(table.loc[table["label"] == 2, "probability"].iloc[0])
    )
    assert seen["never"].probability < 0.5
    model = Scores.of_run(store, run).model
    assert model is not None
    assert model.labelled == 3
    assert model.right == sum(bool(image.right) for image in seen.values()) < 3


def test_the_second_class_is_explained(evaluated: Evaluate) -> None:
    store, run, _ = evaluated(
        "second_net", FINDINGS + THREE, both_discs(), target="second", methods=["random"]
    )
    for image in store.results.images(run):
        assert image.answer is not None
        assert image.target not in (None, image.answer)


def test_a_contrast_explains_what_speaks_for_one_rather_than_another(evaluated: Evaluate) -> None:
    store, run, table = evaluated(
        "contrast_net", FINDINGS + THREE, both_discs(), target="contrast:red left,never"
    )
    (name,) = {image.target_name for image in store.results.images(run)}
    assert name == "red left rather than never"
    image = store.results.image(run, "red")
    assert image is not None
    assert image.probability is not None
    assert image.probability > 0.8
    clean = table[(table["metric"] == "deletion.clean") & (table["image"] == "red")]["value"]
    np.testing.assert_allclose(clean, image.probability, atol=1e-6)
    command = store.runs.get(run).spec.command
    assert "--target 'contrast:red left,never'" in command


def test_a_class_that_is_none_ends_the_run_with_the_nearest_name(evaluated: Evaluate) -> None:
    with pytest.raises(UnknownName, match="Did you mean 'red left'"):
        evaluated("unknown_net", FINDINGS + THREE, both_discs(), target="class:red lef")


def test_independent_findings_have_no_contrast(evaluated: Evaluate) -> None:
    network = FINDINGS + make("Findings()", labels=["a", "b", "c"], output="sigmoid")
    with pytest.raises(BadParameter, match="Name one"):
        evaluated("no_contrast_net", network, both_discs(), target="contrast:a,b")


def test_images_without_a_label_are_left_out_and_counted(
    tmp_path: Path, photographs: list[object]
) -> None:
    import PIL.Image

    for name, pixels in {"a": both_discs()["both"], "b": both_discs()["red"]}.items():
        PIL.Image.fromarray(pixels).save(tmp_path / f"{name}.png")
    with pytest.raises(RunProblem, match="None has one"):
        specs.ask(source=str(tmp_path), target="label")
    plain, label = specs.ask(), specs.ask(target="label")
    assert plain.id != label.id
    assert "target" not in plain.as_json()
    assert specs.RunSpec.from_json(label.as_json()) == label


@pytest.mark.parametrize("text", ["", "best", "top:cat", "class:", "class", "contrast:a", 3, None])
def test_a_target_that_is_no_rule_is_refused(text: object) -> None:
    with pytest.raises(BadParameter, match=r"contrast:A,B\. Got"):
        TargetRule.read(text)


@pytest.mark.parametrize("text", ["top", "label", "second", "class:cat", "contrast:a, b,c"])
def test_a_rule_is_read_back_from_its_text(text: str) -> None:
    assert TargetRule.read(TargetRule.read(text).text) == TargetRule.read(text)


def test_names_with_commas_are_split_where_both_sides_are_classes() -> None:
    names = ["crane, bird", "crane, machine", "dog"]
    fixed = TargetRule.read("contrast:crane, bird,crane, machine").fixed(names)
    assert (fixed.class_index, fixed.against) == (0, 1)
    with pytest.raises(UnknownName):
        TargetRule.read("contrast:cat,dog").fixed(names)
    with pytest.raises(BadParameter, match="two classes that differ"):
        TargetRule.read("contrast:dog,dog").fixed(names)


def test_an_exact_name_goes_before_an_index() -> None:
    assert TargetRule.read("class:2").fixed(["0", "1", "10", "2"]).class_index == 3
    assert TargetRule.read("class:2").fixed(["a", "b", "c"]).class_index == 2


def test_a_name_that_several_classes_have_is_refused_with_their_indices() -> None:
    cranes = ["crane", "kite", "crane"]
    with pytest.raises(BadParameter, match=r"which classes 0, 2 are called\. Say one of"):
        TargetRule.read("class:crane").fixed(cranes)
    assert TargetRule.read("class:2").fixed(cranes).class_index == 2


def test_a_head_that_cannot_be_read_as_was_said_is_refused(evaluated: Evaluate) -> None:
    with pytest.raises(ClassifierUnavailable, match="Expected one logit"):
        evaluated("binary_of_three", FINDINGS + make("Findings()", output="binary"), both_discs())
