"""Why a file's entries do not fit an architecture: which differ, in shape or name, and the likely
cause.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from torch import Tensor, nn

from heatcheck.core.errors import ClassifierUnavailable
from heatcheck.inputs import architectures
from heatcheck.inputs.architectures import Design, Outline
from heatcheck.inputs.checkpoints import named

PLACES = ("pos_embed", "position", "rel_pos", "relative", "attention_bias", "attn_bias", "tokens")
CHANGED = (
    "it was saved from another architecture, or from this one after a change. Give the name of "
    "that architecture, or a function (module:function) that builds the network"
)


def other_names(
    architecture: str, file: str, entries: list[str], body: Collection[str], known: int
) -> str:
    """What to say where few of the architecture's names are in the file."""
    return (
        f"the entries of {file} do not fit {architecture}: of its {len(body)} names the file has "
        f"{known}. The file has names such as {named(entries)}; {architecture} has "
        f"{named(sorted(body))}. Likely {CHANGED}"
    )


def check(
    design: Design,
    outline: Outline,
    state: Mapping[str, Tensor],
    head: tuple[str, nn.Module] | None,
) -> None:
    """Raise ClassifierUnavailable where an entry is missing, unknown or of another shape."""
    root = f"{head[0]}." if head else "\0"
    shapes = {name: shape for name, shape in outline.shapes.items() if not name.startswith(root)}
    there = {name: value for name, value in state.items() if not name.startswith(root)}
    missing = [
        name for name in shapes if name not in there and not name.endswith("num_batches_tracked")
    ]
    extra = [name for name in there if name not in shapes]
    wrong = misshapen(outline, there)
    if not (missing or extra or wrong):
        return
    parts = []
    if wrong:
        shown = "; ".join(
            f"{name} {list(there[name].shape)} in the file, {list(shapes[name])} expected"
            for name in wrong[:2]
        )
        parts.append(f"{len(wrong)} of another shape ({shown})")
    if missing:
        parts.append(f"{len(missing)} missing ({named(missing)})")
    if extra:
        parts.append(f"{len(extra)} that it does not have ({named(extra)})")
    raise ClassifierUnavailable(
        f"the file's entries do not fit {design.architecture}: {', '.join(parts)}. Likely "
        f"{_cause(design, outline, wrong, missing, extra)}"
    )


def check_kinds(model: nn.Module, state: Mapping[str, Tensor]) -> None:
    """Raise ClassifierUnavailable where a weight is no number with a point: its meaning is lost."""
    wrong = [
        name
        for name, value in model.state_dict().items()
        if value.is_floating_point() and name in state and not state[name].is_floating_point()
    ]
    if wrong:
        kind = str(state[wrong[0]].dtype).removeprefix("torch.")
        raise ClassifierUnavailable(
            f"its weights are of {kind} ({named(wrong)}), and what turns them into numbers with a "
            "point is not in the file. Save them as float32"
        )


def misshapen(outline: Outline, state: Mapping[str, Tensor]) -> list[str]:
    """The names of entries whose shape differs in more than the number of classes."""
    names = []
    for name, value in state.items():
        if name not in outline.shapes:
            continue
        expected, got = list(outline.shapes[name]), list(value.shape)
        if name in outline.head and len(got) == len(expected):
            expected[outline.head[name]] = got[outline.head[name]]
        if expected != got:
            names.append(name)
    return names


def _cause(
    design: Design, outline: Outline, wrong: list[str], missing: list[str], extra: list[str]
) -> str:
    heads = tuple(outline.heads)
    if not missing and not extra and all(any(word in name for word in PLACES) for name in wrong):
        if architectures.size_word(design.architecture):
            return "it was trained on inputs of another size. Give that size with --size"
        return "it was trained on inputs of another size, and this architecture has a fixed one"
    if all(name.startswith(heads) for name in [*wrong, *missing, *extra]):
        return "its head has another form. Give a function (module:function) that builds it"
    if wrong == [outline.first] and not missing and not extra:
        return "its first convolution was changed. Give a function (module:function) that builds it"
    return CHANGED
