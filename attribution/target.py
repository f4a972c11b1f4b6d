"""Target: what is explained, and the only place that touches a model.

All of the project's hooks are here. They are bound to the thread that set them and removed in
`finally`; gradients come from `torch.autograd.grad`. So `.grad`, train/eval modes, hooks, inputs
and random state are afterwards as they were, on success and on error.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from heatcheck.attribution.overrides import GuidedReLUs, KeptAttention, WatchedActivations
from heatcheck.core.errors import BadParameter, DoesNotApply

BATCH = 16  # images a pass; larger batches gain nothing on a CPU and cost memory
MOST_PREFIX = 8  # tokens before the image's own: class token, distillation token, registers


@dataclass(frozen=True)
class Passes:
    """How many images went forward and backward through the model: the cost that no machine's noise
    touches.
    """

    forward: int = 0
    backward: int = 0

    def __sub__(self, other: Passes) -> Passes:
        return Passes(self.forward - other.forward, self.backward - other.backward)

    def __add__(self, other: Passes) -> Passes:
        return Passes(self.forward + other.forward, self.backward + other.backward)


class Target:
    """The score of **one class on one image** under a model.

    Args:
        model: takes `[N,C,H,W]`, returns logits `[N,classes]`.
        class_index: the class that is explained.
        x: the image as the model takes it, `[1,C,H,W]`.
        mean, std: of the model's normalisation, per channel, in pixel units of [0, 1]; a number
            serves all channels.
        references: other real images as the model takes them, `[R,C,H,W]`, for the methods that
            compare with some.

    Every method below takes N variants of that image: steps, samples, curve points. They run in
    batches of `BATCH`.
    """

    def __init__(
        self,
        model: nn.Module,
        class_index: int,
        x: Tensor,
        *,
        mean: float | Sequence[float] = 0.0,
        std: float | Sequence[float] = 1.0,
        references: Tensor | None = None,
    ) -> None:
        if x.ndim != 4 or x.shape[0] != 1:
            raise BadParameter(
                f"Expected x of shape [1,C,H,W]. Got {tuple(x.shape)}. Add the batch axis "
                "with x[None]."
            )
        self.model = model
        self.class_index = class_index
        self.shape = tuple(x.shape)
        self.device = x.device
        self.mean = _per_channel(mean, x)
        self.std = _per_channel(std, x)
        self.references = references
        self.passes = Passes()
        self._shared: tuple[Tensor, dict[Any, Any]] | None = (
            None  # an image, and what is known of it
        )
        self._layers: int | None = None  # of the model's structure

    def about(
        self,
        class_index: int | None = None,
        *,
        model: nn.Module | None = None,
        x: Tensor | None = None,
    ) -> Target:
        """The same question about another class, under another model, or of another image; its
        passes are counted anew.
        """
        image = torch.zeros(self.shape, device=self.device) if x is None else x
        chosen = self.class_index if class_index is None else class_index
        return Target(
            model or self.model,
            chosen,
            image,
            mean=self.mean.flatten().tolist(),
            std=self.std.flatten().tolist(),
            references=self.references,
        )

    # -- scores ------------------------------------------------------------------------------------

    def score(self, x: Tensor) -> Tensor:
        """The class's logit for each of `x[N,C,H,W]` -> `[N]`: what the methods explain."""
        return torch.cat([self.logits(chunk)[:, self.class_index] for chunk in x.split(BATCH)])

    def probability(self, x: Tensor) -> Tensor:
        """The class's softmax probability for each of `x[N,C,H,W]` -> `[N]`: what the curves
        score.
        """
        return torch.cat(
            [self.logits(chunk).softmax(1)[:, self.class_index] for chunk in x.split(BATCH)]
        )

    def readings(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The class's softmax probability and the energy for each of `x[N,C,H,W]` -> `[N]` and
        `[N]`, in one pass.

        The energy is the logarithm of the summed exponentials of all logits, in nats: what the
        model finds in the image for any class. It is low for images unlike those it was trained on
        (Liu 2020, arXiv:2010.03759).
        """
        found = [self.logits(chunk) for chunk in x.split(BATCH)]
        logits = torch.cat(found)
        return logits.softmax(1)[:, self.class_index], logits.logsumexp(1)

    def logits(self, x: Tensor) -> Tensor:
        """All classes' logits for each of `x[N,C,H,W]` -> `[N,classes]`, in one pass."""
        with torch.no_grad(), evaluating(self.model):
            logits = self._checked(self.model(x))
        self.passes += Passes(forward=len(x))
        return logits

    def _checked(self, logits: Any) -> Tensor:
        if not isinstance(logits, Tensor) or logits.ndim != 2:
            shape = tuple(logits.shape) if isinstance(logits, Tensor) else type(logits).__name__
            raise DoesNotApply(
                f"Expected a model that returns logits [N,classes]. Got {shape}. Wrap it "
                "so that it does."
            )
        if not 0 <= self.class_index < logits.shape[1]:
            raise BadParameter(
                f"Expected a class index in 0..{logits.shape[1] - 1}. Got {self.class_index}."
            )
        return logits

    # -- gradients ---------------------------------------------------------------------------------

    def gradient(self, x: Tensor) -> Tensor:
        """d score / d x for each of `x[N,C,H,W]` -> `[N,C,H,W]`."""
        return self._once(
            ("gradient",),
            x,
            lambda: torch.cat([self._gradient(chunk)[0] for chunk in x.split(BATCH)]),
        )

    def gradient_and_score(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """d score / d x and the score itself for each of `x[N,C,H,W]` -> `[N,C,H,W]` and `[N]`: one
        forward and one backward pass each.
        """
        gradients, scores = zip(*(self._gradient(chunk) for chunk in x.split(BATCH)), strict=True)
        return torch.cat(gradients), torch.cat(scores)

    def guided_gradient(self, x: Tensor) -> Tensor:
        """`gradient` where every ReLU and ReLU6 lets only positive gradients through (Springenberg
        2014).

        Raises:
            DoesNotApply: the model has no ReLU, or an activation for which the rule is not defined.
        """
        if reason := self.why_not_guided():
            raise DoesNotApply(reason)
        parts = x.split(BATCH)
        return self._once(
            ("guided",),
            x,
            lambda: torch.cat([self._gradient(chunk, GuidedReLUs())[0] for chunk in parts]),
        )

    def _gradient(
        self, x: Tensor, rule: AbstractContextManager[Any] | None = None
    ) -> tuple[Tensor, Tensor]:
        leaf = x.detach().clone().requires_grad_()
        with torch.enable_grad(), evaluating(self.model), rule or nullcontext():
            scores = self._checked(self.model(leaf))[:, self.class_index]
        (gradient,) = _grads(scores, [leaf])
        self.passes += Passes(len(x), len(x))
        return gradient, scores.detach()

    def why_no_logits(self) -> str | None:
        """Why the model's outputs are nothing to explain, in a sentence; None where they look like
        logits.
        """
        return self._known("logits", self._find_why_no_logits)

    def _find_why_no_logits(self) -> str | None:
        noise = torch.randn(self.shape, generator=torch.Generator().manual_seed(0)).to(self.device)
        with torch.no_grad(), evaluating(self.model):
            outputs = self._checked(
                self.model(torch.cat([torch.zeros_like(noise), noise]))
            )  # logits may sum to 1 once
        sums_to_one = (
            outputs.shape[1] > 1
            and bool((outputs >= 0).all())
            and bool(((outputs.sum(1) - 1).abs() < 1e-4).all())
        )
        return (
            "the model's outputs already are probabilities, and methods explain logits. "
            "Take the softmax off its end."
            if sums_to_one
            else None
        )

    def why_no_gradients(self) -> str | None:
        """Why the score has no gradient to the input, in a sentence; None where it has one."""
        return self._known("gradients", self._find_why_no_gradients)

    def _find_why_no_gradients(self) -> str | None:
        try:
            self._gradient(torch.zeros(self.shape, device=self.device))
        except DoesNotApply as error:
            return str(error)
        return None

    def why_not_guided(self) -> str | None:
        """Why the guided rule does not apply to the model, in a sentence; None where it does."""
        return self._known("guided", self._find_why_not_guided)

    def _find_why_not_guided(self) -> str | None:
        with torch.no_grad(), evaluating(self.model), WatchedActivations() as watch:
            self.model(torch.zeros(self.shape, device=self.device))
        if watch.others:
            others = ", ".join(sorted(watch.others))
            return f"its rule is defined for ReLU and ReLU6, and this model also uses {others}."
        return (
            None
            if watch.relus
            else "it changes how ReLUs pass gradients on, and this model has none."
        )

    # -- spatial features --------------------------------------------------------------------------

    def features(self, x: Tensor, layer: str = "") -> tuple[Tensor, Tensor]:
        """Spatial features and the gradient of the score to them, each `[1,K,h,w]`; the CAM
        family's seam.

        Features are the last output over a grid of places (after the last activation, in the usual
        networks), or those of the module that `layer` names. A transformer's tokens fold back to
        their grid; of those, the last normalised ones that still reach the score count. Only what
        stands above the layer is differentiated.

        Raises:
            DoesNotApply: there is no such layer.
        """
        if reason := self.why_no_features(layer):
            raise DoesNotApply(reason)
        return self._once(
            ("features", layer), x, lambda: self._features(x, layer or self._spatial_layer())
        )

    def _features(self, x: Tensor, path: str) -> tuple[Tensor, Tensor]:
        calls = self._spatial_outputs().count(path)
        leaves: list[Tensor] = []
        seen = 0

        def cut(module: nn.Module, args: Any, output: Tensor) -> Tensor:
            nonlocal seen
            seen += 1
            if seen < calls:  # a module used more than once: its last use counts
                return output
            leaves.append(output.detach().requires_grad_())
            return leaves[-1].clone()  # what follows may work in place

        with (
            torch.enable_grad(),
            evaluating(self.model),
            hooked([(self.model.get_submodule(path), cut)]),
        ):
            scores = self._checked(self.model(x.detach()))[:, self.class_index]
        (gradient,) = _grads(scores, leaves)
        self.passes += Passes(len(x), len(x))
        return self._folded(leaves[0].detach()), self._folded(gradient)

    def activations(self, x: Tensor, layer: str = "") -> Tensor:
        """The features of `features`, `[1,K,h,w]`, without a gradient. Raises DoesNotApply where
        there are none.
        """
        if reason := self.why_no_features(layer):
            raise DoesNotApply(reason)
        kept: list[Tensor] = []

        def keep(module: nn.Module, args: Any, output: Tensor) -> None:
            kept.append(output.detach().clone())

        with (
            torch.no_grad(),
            evaluating(self.model),
            hooked([(self.model.get_submodule(layer or self._spatial_layer()), keep)]),
        ):
            self.model(x.detach())
        self.passes += Passes(forward=len(x))
        return self._folded(kept[-1])

    def why_no_features(self, layer: str = "") -> str | None:
        """Why the model offers no spatial features, in a sentence; None where it does."""
        outputs = self._spatial_outputs()
        if not layer:
            return (
                None
                if outputs
                else "it needs a layer with a spatial output [N,K,h,w], and this model has none."
            )
        if layer not in dict(self.model.named_modules()):
            return f"the model has no layer {layer!r}. See model.named_modules() for the names."
        return (
            None
            if layer in outputs
            else f"the output of layer {layer!r} has no spatial extent [N,K,h,w]."
        )

    def _spatial_layer(self) -> str:
        """The layer that counts where none is named."""
        return self._known("layer", self._find_spatial_layer)

    def _find_spatial_layer(self) -> str:
        outputs = self._spatial_outputs()
        plain = [path for path in outputs if path not in self._token_outputs()]
        after = len(outputs) - 1 - outputs[::-1].index(plain[-1]) if plain else -1
        norms = [
            path
            for path in outputs[after + 1 :]
            if "norm" in type(self.model.get_submodule(path)).__name__.lower()
        ]
        for path in reversed(
            norms
        ):  # what a class token alone reads gives its neighbours no gradient
            if self._features(torch.zeros(self.shape, device=self.device), path)[1].any():
                return path
        return plain[-1] if plain else outputs[-1]

    def _spatial_outputs(self) -> list[str]:
        """The modules whose output lies over a grid of places, in the order in which they
        finish.
        """
        return self._known("spatial", self._find_outputs)[0]

    def _token_outputs(self) -> set[str]:
        return self._known("spatial", self._find_outputs)[1]

    def _find_outputs(self) -> tuple[list[str], set[str]]:
        finished: list[str] = []
        tokens: set[str] = set()

        def note(path: str) -> Callable[..., None]:
            def hook(module: nn.Module, args: Any, output: Any) -> None:
                if (
                    isinstance(output, Tensor)
                    and len(output) == 1
                    and self._is_grid(output.shape[1:])
                ):
                    finished.append(path)
                    if output.ndim == 3:
                        tokens.add(path)

            return hook

        hooks = [(module, note(path)) for path, module in self.model.named_modules() if path]
        with torch.no_grad(), evaluating(self.model), hooked(hooks):
            self.model(torch.zeros(self.shape, device=self.device))
        return finished, tokens

    def _is_grid(self, shape: Sequence[int]) -> bool:
        """Whether an output `[K,h,w]`, `[h,w,K]` or `[tokens,K]` lies over a grid of places."""
        if len(shape) == 3:
            return self._is_spatial(*shape[1:]) or self._is_spatial(*shape[:2])
        return len(shape) == 2 and self._token_grid(shape[0]) is not None

    def _token_grid(self, count: int) -> tuple[int, int, int] | None:
        """The grid that so many tokens make, with the tokens before it."""
        height, width = self.shape[-2:]
        for prefix in range(min(MOST_PREFIX, count - 1) + 1):
            rows = round(((count - prefix) * height / width) ** 0.5)
            columns = (count - prefix) // max(1, rows)
            if rows * columns == count - prefix and self._is_spatial(rows, columns):
                return rows, columns, prefix
        return None

    def _folded(self, output: Tensor) -> Tensor:
        """An output over a grid of places as `[N,K,h,w]`."""
        if output.ndim == 4:
            return output if self._is_spatial(*output.shape[-2:]) else output.permute(0, 3, 1, 2)
        rows, columns, prefix = self.grid_of(output.shape[1])
        return output[:, prefix:].transpose(1, 2).reshape(len(output), -1, rows, columns)

    def _is_spatial(self, height: int, width: int) -> bool:
        """Whether an output of that extent lies over the image: more than one place, and the
        image's own proportions.

        Attention's [N,heads,tokens,width] has four dimensions too, and other proportions. A square
        image has square outputs; of others the sides may be rounded.
        """
        whole_height, whole_width = self.shape[-2:]
        if whole_height == whole_width:
            return height == width > 1
        return (
            min(height, width) > 1
            and abs(height * whole_width - width * whole_height) <= whole_height + whole_width
        )

    # -- attention ---------------------------------------------------------------------------------

    def attention(self, x: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """Attention weights of each block and the score's gradient to them, each
        `[heads,tokens,tokens]`, for `x[1,C,H,W]`.

        Raises:
            DoesNotApply: the model has no global attention over a grid of tokens.
        """
        if reason := self.why_no_attention():
            raise DoesNotApply(reason)
        leaf = x.detach().clone().requires_grad_()
        with torch.enable_grad(), evaluating(self.model), KeptAttention() as kept:
            scores = self._checked(self.model(leaf))[:, self.class_index]
        gradients = _grads(scores, kept.weights)
        self.passes += Passes(len(x), len(x))
        return [_heads(weights.detach()) for weights in kept.weights], [
            _heads(gradient) for gradient in gradients
        ]

    def why_no_attention(self) -> str | None:
        """Why the model offers no attention over the image, in a sentence; None where it does."""
        return self._known("attention", self._find_why_no_attention)

    def _find_why_no_attention(self) -> str | None:
        with torch.no_grad(), evaluating(self.model), KeptAttention() as kept:
            self.model(torch.zeros(self.shape, device=self.device))
        shapes = {
            (weights.shape[0] if weights.ndim == 4 else 1, *weights.shape[-2:])
            for weights in kept.weights
        }
        if not shapes:
            return "it reads a transformer's attention, and this model has none that can be read."
        if len(shapes) > 1 or any(
            batch != 1 or rows != columns or not self._token_grid(rows)
            for batch, rows, columns in shapes
        ):
            return (
                "it needs attention of all tokens to all tokens over one grid; this model "
                "attends within windows, or pools between."
            )
        return None

    def grid_of(self, tokens: int) -> tuple[int, int, int]:
        """Height, width and tokens before the image's own, for a count of tokens."""
        grid = self._token_grid(tokens)
        if grid is None:
            raise DoesNotApply(
                f"{tokens} tokens make no grid over an image of {self.shape[-2]} x "
                f"{self.shape[-1]}."
            )
        return grid

    # -- what is known, what is shared -------------------------------------------------------------

    def _known(self, question: str, find: Callable[[], Any]) -> Any:
        """An answer about the model's structure, found once for a model and an input's shape."""
        if self._layers is None:
            self._layers = hash(tuple(path for path, _ in self.model.named_modules()))
        answers = _ANSWERS.setdefault(self.model, {})
        key = (question, self.shape, self._layers)
        if key not in answers:
            before = self.passes
            answers[key] = find()
            self.passes = before  # looking at the structure is no part of any method's cost
        return answers[key]

    @contextmanager
    def sharing(self, x: Tensor) -> Iterator[None]:
        """Within this, methods that ask for the same gradient or features of `x` itself get them
        from one pass; its variants are not kept.
        """
        self._shared = (x, {})
        try:
            yield
        finally:
            self._shared = None

    def _once(self, key: tuple[Any, ...], x: Tensor, find: Callable[[], Any]) -> Any:
        if self._shared is None or x is not self._shared[0]:
            return find()
        known = self._shared[1]
        if key not in known:
            known[key] = find()
        return known[key]

    # -- pixels ------------------------------------------------------------------------------------

    def to_input(self, pixels: Tensor) -> Tensor:
        """Pixels `[N,C,H,W]` in [0, 1] -> what the model takes."""
        return (pixels.to(self.device) - self.mean) / self.std

    def to_pixels(self, x: Tensor) -> Tensor:
        """What the model takes -> pixels `[N,C,H,W]` in [0, 1]."""
        return x * self.std + self.mean

    def synchronise(self) -> None:
        """Wait for the device, so that a clock read next is right."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)


_ANSWERS: weakref.WeakKeyDictionary[nn.Module, dict[Any, Any]] = weakref.WeakKeyDictionary()


def _grads(scores: Tensor, to: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """d sum(scores) / d each of `to`; a DoesNotApply where the model cuts its gradients off."""
    if not scores.requires_grad:
        raise DoesNotApply(
            "it needs gradients, and the model's output carries none. Something in it "
            "detaches or runs without gradients."
        )
    with torch.enable_grad():
        found = torch.autograd.grad(scores.sum(), to, allow_unused=True)
    if any(gradient is None for gradient in found):
        raise DoesNotApply(
            "it needs gradients, and the model's score does not depend on what it would "
            "differentiate."
        )
    return found


def _heads(weights: Tensor) -> Tensor:
    """`[1,heads,tokens,tokens]` or `[heads,tokens,tokens]` without the batch axis."""
    return weights[0] if weights.ndim == 4 else weights


def _per_channel(value: float | Sequence[float], x: Tensor) -> Tensor:
    values = torch.as_tensor(value, dtype=x.dtype, device=x.device).flatten()
    if len(values) not in (1, x.shape[1]):
        raise BadParameter(f"Expected one value or {x.shape[1]}, one a channel. Got {len(values)}.")
    return values.expand(x.shape[1]).reshape(1, -1, 1, 1)


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """The model in eval mode; every module's own mode is restored when the last thread that is
    within this has left.
    """
    with _MODES_LOCK:
        inside, training = _MODES.get(model, (0, []))
        if not inside:
            training = [module for module in model.modules() if module.training]
            for module in training:
                module.training = False
        _MODES[model] = (inside + 1, training)
    try:
        yield
    finally:
        with _MODES_LOCK:
            inside, training = _MODES.pop(model)
            if inside > 1:
                _MODES[model] = (inside - 1, training)
            else:
                for module in training:
                    module.training = True


_MODES: weakref.WeakKeyDictionary[nn.Module, tuple[int, list[nn.Module]]] = (
    weakref.WeakKeyDictionary()
)
_MODES_LOCK = threading.Lock()


@contextmanager
def hooked(hooks: Sequence[tuple[nn.Module, Callable[..., Any]]]) -> Iterator[None]:
    """Forward hooks that act in this thread only and are gone afterwards."""
    owner = threading.get_ident()

    def bound(hook: Callable[..., Any]) -> Callable[..., Any]:
        def run(module: nn.Module, args: Any, output: Any) -> Any:
            return hook(module, args, output) if threading.get_ident() == owner else None

        return run

    handles = []
    try:
        for module, hook in hooks:
            handles.append(module.register_forward_hook(bound(hook)))
        yield
    finally:
        for handle in handles:
            handle.remove()
