"""Target: what is explained, and the only place that touches a model.

All of the project's hooks are here. They are bound to the thread that set them and removed in `finally`; gradients come from
`torch.autograd.grad`. So `.grad`, train/eval modes, hooks, inputs and random state are afterwards as they were, on success
and on error.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from attribution.errors import BadParameter, DoesNotApply

BATCH = 16  # images a pass; larger batches gain nothing on a CPU and cost memory


@dataclass(frozen=True)
class Passes:
    """How many images went forward and backward through the model: the cost that no machine's noise touches."""

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
        mean, std: of the model's normalisation, per channel, in pixel units of [0, 1]; a number serves all channels.

    Every method below takes N variants of that image: steps, samples, curve points. They run in batches of `BATCH`.
    """

    def __init__(
        self,
        model: nn.Module,
        class_index: int,
        x: Tensor,
        *,
        mean: float | Sequence[float] = 0.0,
        std: float | Sequence[float] = 1.0,
    ) -> None:
        if x.ndim != 4 or x.shape[0] != 1:
            raise BadParameter(f"Expected x of shape [1,C,H,W]. Got {tuple(x.shape)}. Add the batch axis with x[None].")
        self.model = model
        self.class_index = class_index
        self.shape = tuple(x.shape)
        self.device = x.device
        self.mean = _per_channel(mean, x)
        self.std = _per_channel(std, x)
        self.passes = Passes()
        self._why_no_features: dict[str, str | None] = {}

    # -- scores -------------------------------------------------------------------------------------------------------

    def score(self, x: Tensor) -> Tensor:
        """The class's logit for each of `x[N,C,H,W]` -> `[N]`: what the methods explain."""
        return torch.cat([self._logits(chunk)[:, self.class_index] for chunk in x.split(BATCH)])

    def probability(self, x: Tensor) -> Tensor:
        """The class's softmax probability for each of `x[N,C,H,W]` -> `[N]`: what the curves score."""
        return torch.cat([self._logits(chunk).softmax(1)[:, self.class_index] for chunk in x.split(BATCH)])

    def _logits(self, x: Tensor) -> Tensor:
        with torch.no_grad(), evaluating(self.model):
            logits = self._checked(self.model(x))
        self.passes += Passes(forward=len(x))
        return logits

    def _checked(self, logits: Any) -> Tensor:
        if not isinstance(logits, Tensor) or logits.ndim != 2:
            shape = tuple(logits.shape) if isinstance(logits, Tensor) else type(logits).__name__
            raise DoesNotApply(f"Expected a model that returns logits [N,classes]. Got {shape}. Wrap it so that it does.")
        if not 0 <= self.class_index < logits.shape[1]:
            raise BadParameter(f"Expected a class index in 0..{logits.shape[1] - 1}. Got {self.class_index}.")
        return logits

    # -- gradients ----------------------------------------------------------------------------------------------------

    def gradient(self, x: Tensor) -> Tensor:
        """d score / d x for each of `x[N,C,H,W]` -> `[N,C,H,W]`."""
        return torch.cat([self._gradient(chunk) for chunk in x.split(BATCH)])

    def _gradient(self, x: Tensor) -> Tensor:
        leaf = x.detach().clone().requires_grad_()
        with torch.enable_grad(), evaluating(self.model):
            scores = self._checked(self.model(leaf))[:, self.class_index]
            (gradient,) = torch.autograd.grad(scores.sum(), leaf)
        self.passes += Passes(len(x), len(x))
        return gradient

    def features(self, x: Tensor, layer: str = "") -> tuple[Tensor, Tensor]:
        """Spatial features and the gradient of the score to them, each `[1,K,h,w]`; the CAM family's seam.

        Features are the last 4-D output with an extent (after the last activation, in the usual networks), or those of the
        module that `layer` names. Only what stands above the layer is differentiated.

        Raises:
            DoesNotApply: there is no such layer.
        """
        if reason := self.why_no_features(layer):
            raise DoesNotApply(reason)
        path = layer or self._last_spatial_layer()
        calls = self._calls_of(path)
        leaves: list[Tensor] = []
        seen = 0

        def cut(module: nn.Module, args: Any, output: Tensor) -> Tensor:
            nonlocal seen
            seen += 1
            if seen < calls:  # a module used more than once: its last use counts
                return output
            leaves.append(output.detach().requires_grad_())
            return leaves[-1].clone()  # what follows may work in place

        with torch.enable_grad(), evaluating(self.model), hooked([(self.model.get_submodule(path), cut)]):
            score = self._checked(self.model(x.detach()))[:, self.class_index]
            (gradient,) = torch.autograd.grad(score.sum(), leaves[0])
        self.passes += Passes(len(x), len(x))
        return leaves[0].detach(), gradient

    def why_no_features(self, layer: str = "") -> str | None:
        """Why the model offers no spatial features, in a sentence; None where it does."""
        if layer not in self._why_no_features:
            self._why_no_features[layer] = self._find_reason(layer)
        return self._why_no_features[layer]

    def _find_reason(self, layer: str) -> str | None:
        outputs = self._spatial_outputs()
        if not layer:
            return None if outputs else "it needs a layer with a spatial output [N,K,h,w], and this model has none."
        if layer not in dict(self.model.named_modules()):
            return f"the model has no layer {layer!r}. See model.named_modules() for the names."
        return None if layer in outputs else f"the output of layer {layer!r} has no spatial extent [N,K,h,w]."

    def _last_spatial_layer(self) -> str:
        return self._spatial_outputs()[-1]

    def _calls_of(self, path: str) -> int:
        return self._spatial_outputs().count(path)

    def _spatial_outputs(self) -> list[str]:
        """The modules with a 4-D output larger than 1x1, in the order in which they finish; one probing pass, kept."""
        if not hasattr(self, "_outputs"):
            finished: list[str] = []

            def note(path: str) -> Callable[..., None]:
                def hook(module: nn.Module, args: Any, output: Any) -> None:
                    if isinstance(output, Tensor) and output.ndim == 4 and self._is_spatial(*output.shape[-2:]):
                        finished.append(path)

                return hook

            hooks = [(module, note(path)) for path, module in self.model.named_modules() if path]
            probe = torch.zeros(self.shape, device=self.device)
            with torch.no_grad(), evaluating(self.model), hooked(hooks):
                self.model(probe)
            self._outputs = finished
        return self._outputs

    def _is_spatial(self, height: int, width: int) -> bool:
        """Whether an output of that extent lies over the image: more than one place, and the image's own proportions.

        Attention's [N,heads,tokens,width] and channels-last tensors have four dimensions too, and other proportions.
        """
        whole_height, whole_width = self.shape[-2:]
        return min(height, width) > 1 and abs(height * whole_width - width * whole_height) <= whole_height + whole_width

    # -- pixels -------------------------------------------------------------------------------------------------------

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


def _per_channel(value: float | Sequence[float], x: Tensor) -> Tensor:
    values = torch.as_tensor(value, dtype=x.dtype, device=x.device).flatten()
    if len(values) not in (1, x.shape[1]):
        raise BadParameter(f"Expected one value or {x.shape[1]}, one a channel. Got {len(values)}.")
    return values.expand(x.shape[1]).reshape(1, -1, 1, 1)


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """The model in eval mode, every module's own mode restored afterwards."""
    training = [module for module in model.modules() if module.training]
    for module in training:
        module.training = False
    try:
        yield
    finally:
        for module in training:
            module.training = True


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
