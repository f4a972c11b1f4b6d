"""Image classifiers as transformers saves them: the same probabilities as its own pipeline."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
import torch

from heatcheck.attribution import METHODS, attribute
from heatcheck.attribution.outputs import Output
from heatcheck.core.errors import BadParameter, ClassifierUnavailable
from heatcheck.inputs import (
    classifier_names,
    classifiers,
    hugging_face,
    images,
    own_networks,
    probes,
)
from heatcheck.runs import specs

transformers = pytest.importorskip("transformers", reason="pip install heatcheck[huggingface]")
# the library leaves files open, and says of small networks that they are unusual
pytestmark = [
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

SIDE = 64
SMALL = {"image_size": SIDE, "num_labels": 3, "id2label": {0: "cat", 1: "dog", 2: "fox"}}


def vit(**settings: Any) -> Any:
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
    sizes |= {"intermediate_size": 64, "patch_size": 16}
    config = transformers.ViTConfig(**{**SMALL, **sizes, **settings})
    return transformers.ViTForImageClassification(config)


def swin() -> Any:
    sizes = {"embed_dim": 16, "depths": [1, 1], "num_heads": [2, 2], "window_size": 4}
    config = transformers.SwinConfig(**SMALL, **sizes, patch_size=4)
    return transformers.SwinForImageClassification(config)


def convnext() -> Any:
    sizes = {"hidden_sizes": [8, 16, 24, 32], "depths": [1, 1, 1, 1]}
    return transformers.ConvNextForImageClassification(
        transformers.ConvNextConfig(**SMALL, **sizes)
    )


def resnet() -> Any:
    sizes = {"embedding_size": 8, "hidden_sizes": [8, 16], "depths": [1, 1]}
    config = transformers.ResNetConfig(**SMALL, **sizes, layer_type="basic")
    return transformers.ResNetForImageClassification(config)


def squashing(**settings: Any) -> Any:
    given = {"size": {"height": SIDE, "width": SIDE}, **settings}
    return transformers.ViTImageProcessor(**given)


def cutting(**settings: Any) -> Any:
    given = {"size": {"shortest_edge": SIDE}, "crop_pct": 0.875, **settings}
    return transformers.ConvNextImageProcessor(**given)


def shortest(**settings: Any) -> Any:
    given = {"size": {"shortest_edge": 72}, "crop_size": {"height": SIDE, "width": SIDE}}
    return transformers.BitImageProcessor(**{**given, **settings})


def saved(folder: Path, model: Any, processor: Any) -> Path:
    """A seeded network whose logits differ from picture to picture, as its library saves it."""
    draws = torch.Generator().manual_seed(0)
    head = [layer for layer in model.eval().modules() if isinstance(layer, torch.nn.Linear)][-1]
    with torch.no_grad():
        for name, value in model.named_parameters():
            if value.ndim > 1:
                scale = 1.4 / value[0].numel() ** 0.5
                value.copy_(scale * torch.randn(value.shape, generator=draws))
            elif name.endswith("bias"):
                value.zero_()
        logits = model(probes.pictures((3, SIDE, SIDE)) * 2 - 1).logits
        head.weight.div_(logits.std())
        head.bias.copy_(-logits.mean(0) / logits.std())
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


def picture(width: int, height: int) -> tuple[PIL.Image.Image, bytes]:
    coarse = np.random.default_rng(5).integers(0, 256, (7, 9, 3), np.uint8)
    image = PIL.Image.fromarray(coarse).resize((width, height), PIL.Image.Resampling.BICUBIC)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return image, buffer.getvalue()


def loaded(folder: Path) -> classifiers.Classifier:
    return classifiers.load(own_networks.asked(f"hf:{folder}"))


def same_as_the_pipeline(folder: Path) -> None:
    classifier = loaded(folder)
    pipeline = transformers.pipeline("image-classification", model=str(folder))
    spread = []
    for width, height in ((SIDE, SIDE), (200, 130), (90, 301), (40, 33)):
        image, encoded = picture(width, height)
        theirs = {one["label"]: one["score"] for one in pipeline(image, top_k=None)}
        x = classifier.to_input(images.picture(encoded, classifier.frame()))
        ours = classifier.probabilities(x)[0].tolist()
        named = dict(zip(classifier.labels, ours, strict=True))
        assert named == pytest.approx({name: theirs[name] for name in named}, abs=1e-5)
        spread.append(ours)
    assert np.ptp(np.array(spread), 0).max() > 3e-4  # pictures are told apart


@pytest.mark.parametrize(
    ("model", "processor"),
    [
        (vit, squashing),
        (swin, squashing),
        (convnext, cutting),
        (resnet, cutting),
        (resnet, shortest),
        (resnet, lambda: squashing(resample=3, do_normalize=False)),
        (resnet, lambda: cutting(crop_pct=1.0, resample=2, rescale_factor=1 / 127.5)),
        (resnet, lambda: shortest(do_rescale=False, image_mean=[120.0] * 3, image_std=[60.0] * 3)),
        (
            resnet,
            lambda: transformers.MobileViTImageProcessor(
                size={"shortest_edge": 70}, crop_size={"height": SIDE, "width": SIDE}
            ),
        ),
    ],
)
def test_a_saved_network_has_its_pipelines_probabilities(
    model: Callable[[], Any], processor: Callable[[], Any], tmp_path: Path
) -> None:
    same_as_the_pipeline(saved(tmp_path / "ours", model(), processor()))


@pytest.mark.parametrize(
    ("settings", "output", "function"),
    [
        ({"problem_type": "multi_label_classification"}, Output.SIGMOID, "sigmoid"),
        ({"problem_type": "regression", "id2label": {0: "age"}}, Output.SCORE, "none"),
        ({"id2label": {0: "LABEL_0"}}, Output.BINARY, "sigmoid"),
    ],
)
def test_how_its_answer_is_read_comes_from_its_configuration(
    settings: dict[str, Any], output: Output, function: str, tmp_path: Path
) -> None:
    settings |= {"num_labels": len(settings.get("id2label", SMALL["id2label"]))}
    classifier = loaded(saved(tmp_path, vit(**settings), squashing()))
    assert classifier.output is output
    image, encoded = picture(SIDE, SIDE)
    pipeline = transformers.pipeline("image-classification", model=str(tmp_path))
    theirs = {one["label"]: one["score"] for one in pipeline(image, function_to_apply=function)}
    ours = classifier.probabilities(classifier.to_input(images.picture(encoded, SIDE)))[0].tolist()
    scores = list(theirs.values())
    assert ours[-1] == pytest.approx(scores[0] if len(theirs) == 1 else theirs["fox"], abs=1e-5)


def test_methods_see_the_layers_under_the_librarys_own_names(tmp_path: Path) -> None:
    classifier = loaded(saved(tmp_path, resnet(), cutting()))
    bare = transformers.AutoModelForImageClassification.from_pretrained(tmp_path)
    paths = {path for path, _ in classifier.model.named_modules()}
    assert {path for path, _ in bare.named_modules() if "convolution" in path} <= paths
    x = classifier.to_input(images.picture(picture(80, 80)[1], classifier.frame()))
    for name in ("grad_cam", "integrated_gradients"):
        targets = [classifier.target(x, index) for index in range(3)]
        assert any(attribute(METHODS.build(name), target, x).map.any() for target in targets)


def test_attention_of_a_saved_transformer_is_read(tmp_path: Path) -> None:
    classifier = loaded(saved(tmp_path, vit(), squashing()))
    x = classifier.to_input(images.picture(picture(80, 80)[1], classifier.frame()))
    method = METHODS.build("attention_gradients")
    assert method.check(classifier.target(x, 1)) is None
    assert attribute(method, classifier.target(x, 1), x).map.any()


def test_its_name_says_which_folder_and_which_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = saved(tmp_path / "ours", resnet(), cutting())
    monkeypatch.chdir(tmp_path)
    name = own_networks.asked("hf:ours")
    assert classifiers.title_of(name) == "hf:ours"
    assert str(folder) in name
    assert classifier_names.read(name).words == ["--classifier", f"hf:{folder}"]
    saved(tmp_path / "other" / "place", resnet(), cutting())
    elsewhere = own_networks.asked(f"hf:{tmp_path}/other/place")
    ids = [
        specs.ask(which, methods=["random"], metrics=["deletion"]).id for which in (name, elsewhere)
    ]
    assert ids[0] == ids[1]
    saved(folder, resnet(), cutting(resample=2))
    with pytest.raises(ClassifierUnavailable, match="have changed since"):
        classifiers.load(name)


def test_what_is_done_to_pictures_and_to_the_answer_is_said(tmp_path: Path) -> None:
    notes = loaded(saved(tmp_path, convnext(), cutting())).notes
    assert "the shorter side to 73, bicubic, then the middle 64 x 64 of it" in notes[0]
    assert "the entry 'logits'" in notes[1]


def test_a_preprocessor_with_a_way_of_its_own_is_said_to_have_one(tmp_path: Path) -> None:
    larger = shortest(size={"shortest_edge": 48})  # smaller than what is cut: padded with black
    notes = loaded(saved(tmp_path, resnet(), larger)).notes
    assert "BitImageProcessor, prepares pictures in a way of its own" in notes[0]


def broken(folder: Path, what: str) -> None:
    config = json.loads((folder / "config.json").read_text())
    match what:
        case "no config":
            (folder / "config.json").unlink()
        case "adapter":
            (folder / "config.json").rename(folder / "adapter_config.json")
        case "no weights":
            (folder / "model.safetensors").unlink()
        case "no preprocessor":
            (folder / "preprocessor_config.json").unlink()
        case "own code":
            config["auto_map"] = {
                "AutoConfig": "ours.Ours",
                "AutoModelForImageClassification": "ours.Ours",
            }
            config["model_type"] = "ours"
            (folder / "ours.py").write_text("import pathlib\npathlib.Path('ran').touch()\n")
        case "text":
            config["model_type"] = "bert"
        case _:
            transformers.ViTModel.from_pretrained(folder).save_pretrained(folder)
            return
    if (folder / "config.json").is_file():
        (folder / "config.json").write_text(json.dumps(config))


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("no config", "holds no config.json"),
        ("adapter", "merge the adapter first"),
        ("no weights", "holds no weights"),
        ("no preprocessor", "which says size, mean and std"),
        ("own code", "code of its own, which is not run"),
        ("text", "cannot be read as an image classifier"),
        ("no head", "such as classifier.(bias|weight); transformers would draw them at random"),
    ],
)
def test_a_folder_that_holds_no_whole_classifier_is_refused(
    what: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = saved(tmp_path / "ours", vit(), squashing())
    broken(folder, what)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ClassifierUnavailable, match=words):
        loaded(folder)
    assert not (tmp_path / "ran").exists()


def test_what_is_no_folder_is_a_name_on_the_hub_which_may_be_out_of_reach(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import huggingface_hub

    def unreachable(name: str, **settings: object) -> str:
        raise OSError(f"no route to the hub for {name}\nmore lines")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", unreachable)
    with pytest.raises(ClassifierUnavailable, match=r"be fetched from the hub \(no route to [^)]*"):
        own_networks.asked("hf:somebody/vit")
    with pytest.raises(BadParameter, match="where there is no folder"):
        own_networks.asked("hf:/nowhere/at/all")
    folder = saved(tmp_path / "kept", resnet(), cutting())
    monkeypatch.setattr(huggingface_hub, "snapshot_download", lambda *_, **__: str(folder))
    name = own_networks.asked("hf:somebody/resnet")
    assert name.startswith("hf:somebody/resnet?sha256=")
    assert classifiers.load(name).title == "hf:somebody/resnet"
    assert classifier_names.read(name).words == ["--classifier", "hf:somebody/resnet"]


def test_other_settings_beside_a_folder_are_refused(tmp_path: Path) -> None:
    folder = saved(tmp_path, resnet(), cutting())
    with pytest.raises(BadParameter, match="hold its own size, mean, std and labels"):
        own_networks.asked(f"hf:{folder}", size=32)


def test_without_the_library_what_to_install_is_said(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(hugging_face.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ClassifierUnavailable, match=r"pip install 'heatcheck\[huggingface\]'"):
        own_networks.asked(f"hf:{tmp_path}")
