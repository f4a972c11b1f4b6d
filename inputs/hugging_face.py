"""Image classifiers as `transformers` saves them: `hf:DIR`, and `hf:NAME` where the hub is reached.

Weights, class names, preprocessing and how the answer is read come from the folder. No code of a
folder is ever run.
"""

from __future__ import annotations

import hashlib
import importlib.util
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import torch
from torch import nn

from heatcheck.attribution.outputs import Output
from heatcheck.core.errors import BadParameter, ClassifierUnavailable, first_line
from heatcheck.core.numbers import rounded
from heatcheck.inputs import scaling
from heatcheck.inputs.answers import Answering
from heatcheck.inputs.classifier_names import HUGGING_FACE, OwnNetwork, checked_text
from heatcheck.inputs.preparations import Preparation
from heatcheck.inputs.printable import printable
from heatcheck.inputs.sizes import Frame, Size

CONFIG, PREPROCESSOR = "config.json", "preprocessor_config.json"
WEIGHTS = ("*.safetensors", "pytorch_model*.bin")
REPOSITORY = re.compile(r"[\w.-]+(/[\w.-]+)?")
FILTERS = {0: "nearest", 1: "lanczos", 2: "bilinear"}  # of Pillow; all others are bicubic
LEVELS = 2.0  # of 255: how far our input and the preprocessor's may differ unsaid
OUTPUTS = {"multi_label_classification": Output.SIGMOID, "regression": Output.SCORE}


@dataclass(frozen=True, eq=False)
class Saved:
    """What a folder holds: the network, and how its pictures are prepared."""

    model: nn.Module
    size: Size
    mean: tuple[float, ...]
    std: tuple[float, ...]
    labels: tuple[str, ...]  # empty where the classes have no names of their own
    own: Preparation | None
    output: Output | None  # as the configuration says it
    notes: tuple[str, ...]


def asked(source: str, output: str = "") -> OwnNetwork:
    """What a person says of a network: a folder, or a name on the hub, with the digest of its files
    as they are now.

    Raises:
        BadParameter: there is no such folder. ClassifierUnavailable: it holds no image classifier,
        or the hub cannot be reached.
    """
    _check_installed()
    folder = _folder(source)
    if folder is None and not REPOSITORY.fullmatch(source):
        raise BadParameter(
            f"Expected a folder that transformers saved, or a name on the hub as OWNER/NAME. Got "
            f"{source!r}, where there is no folder."
        )
    name, place = (source, "") if folder is None else (folder.name, str(folder))
    named = OwnNetwork(f"{HUGGING_FACE}:{name}", folder=place, output=output)
    digest = digest_of(files_of(named))
    return OwnNetwork(named.architecture, folder=place, output=output, sha256=digest)


def _folder(source: str) -> Path | None:
    """The absolute path of a folder that is there."""
    try:
        path = Path(checked_text("the folder", source)).expanduser().resolve()
        there = path.is_dir()
    except (OSError, ValueError, RuntimeError) as error:
        raise BadParameter(f"Expected a folder. Got {source!r} ({error}).") from error
    if there:
        checked_text("the folder", str(path))
    return path if there else None


def files_of(network: OwnNetwork) -> dict[str, Path]:
    """The files that decide what a network answers, by name.

    Raises:
        ClassifierUnavailable: they are not there, or the hub cannot be reached.
    """
    root = Path(network.folder) if network.folder else _fetched(network.architecture[3:])
    weights = next((found for kind in WEIGHTS if (found := sorted(root.glob(kind)))), [])
    if not (root / CONFIG).is_file():
        merged = "; merge the adapter first" if (root / "adapter_config.json").is_file() else ""
        raise ClassifierUnavailable(
            f"{root} holds no {CONFIG}. Save it with model.save_pretrained(DIR){merged}."
        )
    if not weights:
        raise ClassifierUnavailable(
            f"{root} holds no weights ({', '.join(WEIGHTS)}). Save it with "
            "model.save_pretrained(DIR)."
        )
    if not (root / PREPROCESSOR).is_file():
        raise ClassifierUnavailable(
            f"{root} holds no {PREPROCESSOR}, which says size, mean and std. Save it with "
            "processor.save_pretrained(DIR)."
        )
    return {path.name: path for path in (root / CONFIG, root / PREPROCESSOR, *weights)}


def digest_of(files: Mapping[str, Path]) -> str:
    """sha256 of files, names and bytes. Raises ClassifierUnavailable where one cannot be read."""
    total = hashlib.sha256()
    try:
        for name, path in sorted(files.items()):
            with path.open("rb") as file:
                total.update(name.encode() + hashlib.file_digest(file, "sha256").digest())
    except OSError as error:
        raise ClassifierUnavailable(
            f"{error.filename} cannot be read: {error.strerror}. Check its rights."
        ) from error
    return total.hexdigest()


def _fetched(name: str) -> Path:
    """Where the files of a name on the hub lie, fetched where they are not there yet."""
    from huggingface_hub import snapshot_download

    wanted = [CONFIG, PREPROCESSOR, *WEIGHTS, "*.index.json"]  # which of several files has what
    try:
        return Path(snapshot_download(name, allow_patterns=wanted))
    except Exception as error:
        why = first_line(error)
        raise ClassifierUnavailable(
            f"There is no folder {name}, and no such model could be fetched from the hub ({why}). "
            "Give a folder that model.save_pretrained(DIR) wrote, or check name and network."
        ) from error


def _check_installed() -> None:
    if importlib.util.find_spec("transformers") is None:
        raise ClassifierUnavailable(
            "transformers is not installed, which reads such folders. Run pip install "
            "'heatcheck[huggingface]'."
        )


# -- loading ---------------------------------------------------------------------------------------


def load(network: OwnNetwork) -> Saved:
    """The network of a folder or of a name on the hub.

    Raises:
        ClassifierUnavailable: it is no image classifier whose weights are all there.
    """
    _check_installed()
    root = files_of(network)[CONFIG].parent
    with _quiet():
        model, processor = _read(root)
    config = model.config
    size, own = _prepared(processor, config)
    mean, std = _normalisation(processor)
    notes = [f"Pictures are prepared as its preprocessor does: {own.words(*size)}."] if own else []
    labels = tuple(printable(str(config.id2label[at])) for at in range(config.num_labels))
    if all(re.fullmatch(r"LABEL_\d+", label) for label in labels):
        labels = ()
    with _quiet():
        apart = _apart(processor, Frame(size, own=own), mean, std)
    if apart > LEVELS:
        notes.append(
            f"Its preprocessor, {type(processor).__name__}, prepares pictures in a way of its own: "
            f"its inputs differ by up to {rounded(apart)} of 255 levels from those used here."
        )
    if getattr(processor, "do_flip_channel_order", None):
        model = Answering(model, ("logits",), backwards=True)
        notes.append("It takes channels in the order blue, green, red, and gets them so.")
    output = OUTPUTS.get(config.problem_type or "")
    return Saved(model, size, mean, std, labels, own, output, tuple(notes))


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the library's progress bars, and without its warnings of files it leaves open."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        if shown:
            logging.enable_progress_bar()


def _read(root: Path) -> tuple[Any, Any]:
    """The model and its image processor, from files alone."""
    from transformers import AutoImageProcessor, AutoModelForImageClassification

    only = {"local_files_only": True, "trust_remote_code": False}
    try:
        processor = AutoImageProcessor.from_pretrained(root, **only)
        model, told = AutoModelForImageClassification.from_pretrained(
            root, output_loading_info=True, dtype=torch.float32, **only
        )
    except Exception as error:
        why = first_line(error)
        if "trust_remote_code" in str(error) or "custom code" in str(error):
            why = "it needs code of its own, which is not run"
        raise ClassifierUnavailable(
            f"{root.name} cannot be read as an image classifier ({why}). Save one with "
            "model.save_pretrained(DIR) and processor.save_pretrained(DIR)."
        ) from error
    if lacking := sorted([*told["missing_keys"], *told["mismatched_keys"]], key=str):
        raise ClassifierUnavailable(
            f"{len(lacking)} of its entries have no weights in {root.name}, such as {lacking[0]}; "
            "transformers would draw them at random. Save the model that was fine-tuned."
        )
    return model, processor


def _normalisation(processor: Any) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and std of pixels in [0, 1] that do what the processor's rescaling and normalisation
    do.
    """
    scale = 255 * (processor.rescale_factor if processor.do_rescale else 1.0)
    offset = 1.0 if processor.do_rescale and getattr(processor, "rescale_offset", None) else 0.0
    mean, std = (
        (processor.image_mean, processor.image_std) if processor.do_normalize else (0.0, 1.0)
    )
    means, deviations = (
        [value] * 3 if isinstance(value, int | float) else list(value) for value in (mean, std)
    )
    return (
        tuple((value + offset) / scale for value in means),
        tuple(value / scale for value in deviations),
    )


def _prepared(processor: Any, config: Any) -> tuple[Size, Preparation | None]:
    """The size of the input, and how pictures are brought to it; None where that is our way."""
    given, cut = processor.size, processor.crop_size if processor.do_center_crop else None
    if not processor.do_resize:
        side = getattr(config, "image_size", 224)
        height, width = (side, side) if isinstance(side, int) else side
        return Size(cut.height, cut.width) if cut else Size(height, width), None
    named = type(processor).__name__
    squashed = not given.shortest_edge
    if squashed and not given.height:
        raise ClassifierUnavailable(
            f"its preprocessor scales pictures by {given}, and all have to have one size. Give "
            "size with height and width."
        )
    sides = Size(given.height, given.width) if squashed else Size.square(given.shortest_edge)
    size = Size(cut.height, cut.width) if cut else sides
    if named.startswith("ConvNext") and not squashed:
        squashed = sides.height >= 384
        if not squashed:
            sides = Size.square(int(sides.height / processor.crop_pct))
    elif named.startswith("Levit") and not squashed:
        sides = Size.square(int(256 / 224 * sides.height))
    if any(most > side for most, side in zip(size, sides, strict=True)):
        return size, None  # padded with black, which is said where it makes another input
    kind = FILTERS.get(processor.resample, "bicubic")
    return size, Preparation(*sides, squashed=squashed, filter=kind)


def _apart(processor: Any, frame: Frame, mean: tuple[float, ...], std: tuple[float, ...]) -> float:
    """How far our inputs lie from the processor's at most, in levels of 255, on two pictures."""
    draws, most = np.random.default_rng(0), 0.0
    for height, width in ((frame.size.height + 40, frame.size.width + 90), (3 * 64, 2 * 64)):
        coarse = draws.integers(0, 256, (6, 6, 3), np.uint8)
        image = PIL.Image.fromarray(coarse).resize((width, height), PIL.Image.Resampling.BICUBIC)
        theirs = processor(image, return_tensors="pt")["pixel_values"][0]
        if getattr(processor, "do_flip_channel_order", None):
            theirs = theirs.flip(0)
        ours = scaling.fitted(width, height, frame, image.crop)
        pixels = torch.from_numpy(np.array(ours)).permute(2, 0, 1) / 255
        if theirs.shape != pixels.shape:
            return 255.0
        spread, centre = (torch.tensor(values).reshape(-1, 1, 1) for values in (std, mean))
        most = max(most, float((255 * (theirs * spread + centre - pixels)).abs().max()))
    return most
