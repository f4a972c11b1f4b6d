"""A checkpoint in an architecture: which of the file's entries is which of the network's.

The order of entries tells nothing. The network's place in the file is where most of the
architecture's names are; the head is what depends on the number of classes; channels, size and
depth are read from the entries that depend on them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from torch import Tensor, nn

from heatcheck.core.errors import ClassifierUnavailable
from heatcheck.inputs import architectures, heads, misfits, placing, sizes_read
from heatcheck.inputs.architectures import Design, Outline, Preprocessing
from heatcheck.inputs.checkpoints import Checkpoint, named
from heatcheck.inputs.placing import Placed
from heatcheck.inputs.sizes import Size

TURNED = (
    "It turns its input from ImageNet's normalisation to its own, as torchvision's does. Where "
    "yours was trained with transform_input=False, give a function (module:function) that builds "
    "it so.",
)


@dataclass(frozen=True, eq=False)
class Fitted:
    """An architecture with a file's weights."""

    model: nn.Module
    classes: int
    channels: int
    preprocessing: Preprocessing  # of the library's record; the size that was read from entries
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Plan:
    """How an architecture is built that takes a file's entries."""

    design: Design
    state: Mapping[str, Tensor]  # under the architecture's names
    head: tuple[str, nn.Module] | None  # where one stands in place of the architecture's, its path
    preprocessing: Preprocessing
    notes: tuple[str, ...]


def fitted(
    architecture: str,
    checkpoint: Checkpoint,
    *,
    labels: int = 0,
    channels: int = 0,
    size: Size | None = None,
) -> Fitted:
    """The architecture with the checkpoint's weights.

    Args:
        labels: how many classes the user named; 0 where none.
        channels: how many the user's mean has; 0 where there is none.
        size: of the input, where the user said it.

    Raises:
        UnknownName: the library has no such architecture. ClassifierUnavailable: the entries do not
        fit, with which and the likely cause; the text goes on after the network's title.
    """
    plan = planned(architecture, checkpoint, channels=channels, size=size)
    design = plan.design
    if labels and labels != design.classes and (labels, design.classes) != (2, 1):
        raise ClassifierUnavailable(
            f"expected a label for each of its {design.classes} classes, got {labels}. Give a file "
            "of labels with a line a class, in the order of the training"
        )
    if not channels and design.channels not in (1, 3):
        raise ClassifierUnavailable(
            f"its first layer takes {design.channels} channels. Give --mean and --std, a number "
            "for each"
        )
    model = architectures.build(design)
    if plan.head:
        architectures.put(model, *plan.head)
    misfits.check_kinds(model, plan.state)
    model.load_state_dict(dict(plan.state), strict=True)
    return Fitted(
        architectures.without_auxiliary(design, model),
        design.classes,
        design.channels,
        plan.preprocessing,
        checkpoint.notes + plan.notes + TURNED * architectures.turns_input(design),
    )


def planned(
    architecture: str,
    checkpoint: Checkpoint,
    *,
    channels: int = 0,
    size: Size | None = None,
) -> Plan:
    """How the architecture is built that takes the entries; no weights are made. Arguments and
    errors as of `fitted`.
    """
    architectures.check(architecture)
    design = Design(architecture, size=size)
    outline = architectures.outline(design)
    if not outline.head:
        raise ClassifierUnavailable(f"{architecture} has no head for classes. {heads.FUNCTION}")
    placed = placing.placed(checkpoint, outline, architecture)
    design = replace(design, options=_options(design, outline, placed.state))
    if design.options:
        design, outline = _opted(design, outline)
    placed = placing.renamed(placed, outline)
    state, head, notes = _with_head(placed, outline, architecture)
    notes += tuple(
        f"It has {value} block{'s' * (value != 1)}, as the file has."
        for option, value in design.options
        if option == "depth"
    )
    design, outline = _channelled(design, outline, state, channels)
    design, read = sizes_read.sized(design, outline, state)
    if read:
        outline = architectures.outline(design)
        notes += (read,)
    misfits.check(design, outline, state, head)
    known = architectures.preprocessing(architecture, outline.model)
    if design.size:
        known = replace(known, size=design.size)
    classes = _classes(state, outline, head)
    return Plan(replace(design, classes=classes), state, head, known, notes)


# -- options --------------------------------------------------------------------------------------


def _opted(design: Design, outline: Outline) -> tuple[Design, Outline]:
    """The design with its options, where the constructor takes them."""
    try:
        return design, architectures.outline(design)
    except ClassifierUnavailable:
        return replace(design, options=()), outline


def _options(
    design: Design, outline: Outline, state: Mapping[str, Tensor]
) -> tuple[tuple[str, object], ...]:
    """Settings of the constructor that the entries' names tell."""
    if design.library == "torchvision":
        if design.model in architectures.AUXILIARY:
            return (("aux_logits", any("aux" in key.lower() for key in state)),)
        return ()
    options: tuple[tuple[str, object], ...] = ()
    pools = {"norm.weight": "token", "fc_norm.weight": "avg"}
    there = [name for name in pools if name in state]
    if len(there) == 1 and there[0] not in outline.shapes:
        options += (("global_pool", pools[there[0]]),)
    blocks = _blocks(state)
    if blocks and 0 < _blocks(outline.shapes) != blocks:
        options += (("depth", blocks),)
    return options


def _blocks(names: Iterable[str]) -> int:
    """How many numbered blocks a transformer has."""
    numbers = [name.split(".")[1] for name in names if name.startswith("blocks.")]
    return 1 + max((int(number) for number in numbers if number.isdigit()), default=-1)


# -- the head --------------------------------------------------------------------------------------


def _with_head(
    placed: Placed, outline: Outline, architecture: str
) -> tuple[dict[str, Tensor], tuple[str, nn.Module] | None, tuple[str, ...]]:
    """The entries with the head's where it is, the head that was put in place of the
    architecture's own with its path, and what there is to say.
    """
    state = dict(placed.state)
    path = outline.heads[0]
    missing = [name for name in outline.shapes if name not in state and _matters(name)]
    extra = [name for name in state if name not in outline.shapes]
    if placed.outside:
        return _from_outside(placed, outline, missing, extra, architecture)
    wrong = misfits.misshapen(outline, state)
    differing = [*missing, *extra] or [name for name in wrong if name.startswith(_roots(path)[-1])]
    if not differing:
        return state, None, placed.notes
    for root in _roots(path):
        if all(name.startswith(f"{root}.") for name in differing):
            return _replaced(state, root, path, outline, placed.notes)
    return state, None, placed.notes


def _matters(name: str) -> bool:
    """Whether a network cannot do without the entry; torch fills the others in."""
    return not name.endswith("num_batches_tracked")


def _roots(path: str) -> list[str]:
    """The path and the modules around it, the innermost first."""
    parts = path.split(".")
    return [".".join(parts[:end]) for end in range(len(parts), 0, -1)]


def _replaced(
    state: dict[str, Tensor], root: str, path: str, outline: Outline, notes: tuple[str, ...]
) -> tuple[dict[str, Tensor], tuple[str, nn.Module] | None, tuple[str, ...]]:
    """A head that the file has under `root` in another form than the architecture."""
    own = {
        key.removeprefix(f"{root}."): value
        for key, value in state.items()
        if key.startswith(f"{root}.")
    }
    if not own:
        return state, None, notes
    original = outline.model.get_submodule(root)
    unknown = [key for key in own if f"{root}.{key}" not in outline.shapes]
    if set(unknown) <= {"weight", "bias"} and not heads.can_be_replaced(original):
        moved = {f"{root}.{key}" for key in unknown}
        rest = {key: value for key, value in state.items() if key not in moved}
        renamed = {f"{path}.{key}": own[key] for key in unknown}
        return {**rest, **renamed}, None, (*notes, f"Its entries {root} are those of {path}.")
    if not heads.can_be_replaced(original):
        raise ClassifierUnavailable(
            f"its head {root} was replaced, and what pools before it cannot be known. "
            f"{heads.FUNCTION}"
        )
    features = _features(outline, root)
    module = heads.grown(own, features, original)
    return state, (root, module), (*notes, f"Its head {root} is the file's: {heads.told(module)}.")


def _features(outline: Outline, root: str) -> int:
    """The length of the vector that comes into the head."""
    return next(
        shape[1]
        for name, shape in outline.shapes.items()
        if name.startswith(f"{root}.") and len(shape) == 2
    )


def _from_outside(
    placed: Placed,
    outline: Outline,
    missing: list[str],
    extra: list[str],
    architecture: str,
) -> tuple[dict[str, Tensor], tuple[str, nn.Module] | None, tuple[str, ...]]:
    """A head that lies beside the network in the file, as wrappers keep it."""
    path = outline.heads[0]
    outside = dict(placed.outside)
    if set(missing) - set(outline.head) or extra or not missing:
        raise ClassifierUnavailable(
            f"beside {architecture} the file has {named(list(outside))}, whose part cannot be "
            f"known. {heads.FUNCTION}"
        )
    common = _common(list(outside))
    own = {key.removeprefix(common): value for key, value in outside.items()}
    original = outline.model.get_submodule(path)
    module = heads.grown(own, _features(outline, path), original)
    state = {**placed.state, **{f"{path}.{key}": value for key, value in own.items()}}
    return state, (path, module), (*placed.notes, f"Its head is the file's {common.rstrip('.')}.")


def _common(names: list[str]) -> str:
    """The path that all names begin with, with its dot; not their last part."""
    parts = [name.split(".")[:-1] for name in names]
    shared = []
    for level in zip(*parts, strict=False):
        if len(set(level)) > 1:
            break
        shared.append(level[0])
    while shared and shared[-1].isdigit() and len(names) > 2:
        shared.pop()
    return "".join(f"{part}." for part in shared)


def _classes(
    state: Mapping[str, Tensor], outline: Outline, head: tuple[str, nn.Module] | None
) -> int:
    """How many classes the file's head has."""
    if head:
        linear = [module for module in head[1].modules() if isinstance(module, nn.Linear)]
        return linear[-1].out_features
    path = outline.heads[0]
    name = next(name for name in outline.head if name.rpartition(".")[0] == path)
    return state[name].shape[outline.head[name]]


# -- channels --------------------------------------------------------------------------------------


def _channelled(
    design: Design, outline: Outline, state: Mapping[str, Tensor], said: int
) -> tuple[Design, Outline]:
    """The design with the channels that the file's first layer takes. Raises ClassifierUnavailable
    where the mean has another number.
    """
    channels, place = _channels(outline, state)
    if channels != 3:
        changed = replace(design, channels=channels)
        narrowed = architectures.outline(changed)
        if place in misfits.misshapen(narrowed, state):  # something else made it so
            channels, place = 3, outline.first
        else:
            design, outline = changed, narrowed
    if said and said != channels:
        raise ClassifierUnavailable(
            f"its first layer takes {channels} channel{'s' * (channels > 1)} ({place}), and mean "
            f"has {said} number{'s' * (said > 1)}. Give one a channel"
        )
    return design, outline


def _channels(outline: Outline, state: Mapping[str, Tensor]) -> tuple[int, str]:
    """How many channels the file's first layer takes, and which entry tells it.

    That is the first in the network's order; where its shape is the architecture's, the first one
    of another shape, if the picture's channels explain it.
    """
    wrong = set(misfits.misshapen(outline, state))
    order = [outline.first, *(name for name in outline.shapes if name in wrong)]
    for name in [name for name in order if name in wrong][:2]:
        pairs = zip(outline.shapes[name], state[name].shape, strict=False)
        differing = [(expected, got) for expected, got in pairs if expected != got]
        if len(differing) == 1:
            expected, got = differing[0]
            if 3 * got % expected == 0 and (name == outline.first or expected % 3 == 0):
                return 3 * got // expected, name
    return 3, outline.first
