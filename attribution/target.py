"""Target: what is explained; methods and metrics touch a model through it alone.

Hooks are bound to the thread that set them and removed in `finally` (`hooks.py`); gradients come
from `torch.autograd.grad`. So `.grad`, train/eval modes, hooks, inputs and random state are
afterwards as they were, on success and on error.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from heatcheck.attribution import requirements
from heatcheck.attribution.batches import in_parts
from heatcheck.attribution.gradients import gradients_of
from heatcheck.attribution.grids import Extent
from heatcheck.attribution.hooks import evaluating
from heatcheck.attribution.outputs import Output, why_no_logits
from heatcheck.attribution.overrides import GuidedReLUs, KeptAttention
from heatcheck.attribution.passes import Passes
from heatcheck.attribution.spatial_layer import (
    SpatialOutputs,
    cut_at,
    kept_at,
    last_layer,
    spatial_outputs,
)
from heatcheck.core.errors import BadParameter, DoesNotApply

# of pictures of noise that a model is tried with: its logits on quiet ones may lie within 0 and 1
# by chance, on loud ones they do not
LOUDNESS = (1.0, 1.0, -4.0, 4.0, -32.0, 32.0, 256.0)
BATCH = 16  # images a pass; larger batches gain nothing on a CPU and cost memory


class Target:
    """The score of **one class on one image** under a model.

    Args:
        model: takes `[N,C,H,W]`, returns `[N,K]`.
        class_index: the class that is explained.
        x: the image as the model takes it, `[1,C,H,W]`.
        mean, std: of the model's normalisation, per channel, in pixel units of [0, 1]; a number
            serves all channels.
        references: other real images as the model takes them, `[R,C,H,W]`, for the methods that
            compare with some.
        output: how the model's outputs are read.
        against: another class, where the difference of the two is explained.

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
        output: Output = Output.SOFTMAX,
        against: int | None = None,
    ) -> None:
        if x.ndim != 4 or x.shape[0] != 1:
            raise BadParameter(
                f"Expected x of shape [1,C,H,W]. Got {tuple(x.shape)}. Add the batch axis "
                "with x[None]."
            )
        if against is not None and (reason := output.why_no_contrast()):
            raise BadParameter(f"Expected a class to explain. Got two, and {reason}")
        self.model = model
        self.class_index = class_index
        self.output = output
        self.against = against
        self.shape = tuple(x.shape)
        self.extent = Extent(*x.shape[-2:])
        self.device = x.device
        self.mean = _per_channel(mean, x)
        self.std = _per_channel(std, x)
        self.references = references
        self.passes = Passes()
        # an image, and what is known of it
        self._shared: tuple[Tensor, dict[Any, Any]] | None = None
        self._layers: int | None = None  # of the model's structure

    def about(
        self,
        class_index: int | None = None,
        *,
        model: nn.Module | None = None,
        x: Tensor | None = None,
    ) -> Target:
        """The same question about another class, under another model, or of another image; its
        passes are counted anew. Another class is held against none.
        """
        image = self._blank() if x is None else x
        chosen = self.class_index if class_index is None else class_index
        return Target(
            model or self.model,
            chosen,
            image,
            mean=self.mean.flatten().tolist(),
            std=self.std.flatten().tolist(),
            references=self.references,
            output=self.output,
            against=self.against if class_index is None else None,
        )

    # -- scores ------------------------------------------------------------------------------------

    def score(self, x: Tensor) -> Tensor:
        """The class's score for each of `x[N,C,H,W]` -> `[N]`: what the methods explain, a logit
        but for plain scores.
        """
        return torch.cat([self.explained(self._raw(chunk)) for chunk in x.split(BATCH)])

    def probability(self, x: Tensor) -> Tensor:
        """The class's probability for each of `x[N,C,H,W]` -> `[N]`: what the curves follow. Of a
        plain score it is the score; of a class against another its share of the two.
        """
        return torch.cat([self._probable(self._raw(chunk)) for chunk in x.split(BATCH)])

    def readings(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The class's probability and the energy for each of `x[N,C,H,W]` -> `[N]` and `[N]`, in
        one pass.

        The energy, in nats, is what the model finds in the image for any class
        (`Output.energy`). It is low for images unlike those it was trained on; NaN where the
        output has none.
        """
        raw = torch.cat([self._raw(chunk) for chunk in x.split(BATCH)])
        return self._probable(raw), self.output.energy(raw)

    def scores(self, x: Tensor) -> Tensor:
        """All classes' scores for each of `x[N,C,H,W]` -> `[N,classes]`, in one pass."""
        return self.output.scores(self._raw(x))

    def _raw(self, x: Tensor) -> Tensor:
        """The model's own answer, `[N,K]`."""
        with torch.no_grad(), evaluating(self.model):
            (raw,) = in_parts(self.model, x, lambda part: (self._checked(self.model(part)),))
        self.passes += Passes(forward=len(x))
        return raw

    def explained(self, raw: Tensor) -> Tensor:
        """The explained score in the model's own answers, `[N,K]` -> `[N]`."""
        scores = self.output.scores(raw)
        own = scores[:, self.class_index]
        return own if self.against is None else own - scores[:, self.against]

    def _probable(self, raw: Tensor) -> Tensor:
        if self.against is not None:
            return self.output.contrast(self.explained(raw))
        return self.output.probabilities(raw)[:, self.class_index]

    def _checked(self, raw: Any) -> Tensor:
        if not isinstance(raw, Tensor) or raw.ndim != 2:
            shape = tuple(raw.shape) if isinstance(raw, Tensor) else type(raw).__name__
            raise DoesNotApply(
                f"Expected a model that returns outputs [N,K]. Got {shape}. Wrap it so that it "
                "does."
            )
        classes = self.output.classes(raw.shape[1])
        for index in (self.class_index, self.against):
            if index is not None and not 0 <= index < classes:
                raise BadParameter(f"Expected a class index in 0..{classes - 1}. Got {index}.")
        return raw

    # -- gradients ---------------------------------------------------------------------------------

    def gradient(self, x: Tensor) -> Tensor:
        """d score / d x for each of `x[N,C,H,W]` -> `[N,C,H,W]`."""
        return self._once(("gradient",), x, lambda: self.gradient_and_score(x)[0])

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
            lambda: torch.cat([self._gradient(chunk, guided=True)[0] for chunk in parts]),
        )

    def _gradient(self, x: Tensor, *, guided: bool = False) -> tuple[Tensor, Tensor]:
        def one_pass(part: Tensor) -> tuple[Tensor, Tensor]:
            leaf = part.detach().clone().requires_grad_()
            rule = GuidedReLUs() if guided else nullcontext()
            with torch.enable_grad(), evaluating(self.model), rule:
                scores = self.explained(self._checked(self.model(leaf)))
            (gradient,) = gradients_of(scores, [leaf])
            return gradient, scores.detach()

        gradient, scores = in_parts(self.model, x, one_pass)
        self.passes += Passes(len(x), len(x))
        return gradient, scores

    def why_no_logits(self) -> str | None:
        """Why the model's outputs are nothing to explain, in a sentence; None where they look like
        what they are said to be.
        """
        return self._known(f"logits {self.output}", self._find_why_no_logits)

    def _find_why_no_logits(self) -> str | None:
        draws = torch.Generator().manual_seed(0)
        noise = torch.randn((len(LOUDNESS), *self.shape[1:]), generator=draws).to(self.device)
        loud = noise * torch.tensor(LOUDNESS, device=self.device)[:, None, None, None]
        return why_no_logits(self._raw(torch.cat([self._blank(), loud])), self.output)

    def why_no_gradients(self) -> str | None:
        """Why the score has no gradient to the input, in a sentence; None where it has one."""
        return self._known("gradients", self._find_why_no_gradients)

    def _find_why_no_gradients(self) -> str | None:
        try:
            self._gradient(self._blank())
        except DoesNotApply as error:
            return str(error)
        return None

    def why_not_guided(self) -> str | None:
        """Why the guided rule does not apply to the model, in a sentence; None where it does."""
        return self._known("guided", lambda: requirements.why_not_guided(self.model, self._blank()))

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
            ("features", layer), x, lambda: self._features(x, layer or self.spatial_layer())
        )

    def _features(self, x: Tensor, path: str) -> tuple[Tensor, Tensor]:
        uses = self._spatial_outputs().paths.count(path)
        with (
            torch.enable_grad(),
            evaluating(self.model),
            cut_at(self.model, path, uses) as leaves,
        ):
            scores = self.explained(self._checked(self.model(x.detach())))
        (gradient,) = gradients_of(scores, leaves)
        self.passes += Passes(len(x), len(x))
        return self.extent.folded(leaves[0].detach()), self.extent.folded(gradient)

    def activations(self, x: Tensor, layer: str = "") -> Tensor:
        """The features of `features`, `[1,K,h,w]`, without a gradient. Raises DoesNotApply where
        there are none.
        """
        if reason := self.why_no_features(layer):
            raise DoesNotApply(reason)
        path = layer or self.spatial_layer()
        with torch.no_grad(), evaluating(self.model), kept_at(self.model, path) as copies:
            self.model(x.detach())
        self.passes += Passes(forward=len(x))
        return self.extent.folded(copies[-1])

    def why_no_features(self, layer: str = "") -> str | None:
        """Why the model offers no spatial features, in a sentence; None where it does."""
        return requirements.why_no_features(self.model, self._spatial_outputs(), layer)

    def spatial_layer(self) -> str:
        """The layer that counts where none is named, as `model.named_modules()` has it."""
        return self._known("layer", self._find_spatial_layer)

    def _find_spatial_layer(self) -> str:
        return last_layer(
            self.model,
            self._spatial_outputs(),
            lambda path: bool(self._features(self._blank(), path)[1].any()),
        )

    def _spatial_outputs(self) -> SpatialOutputs:
        return self._known("spatial", lambda: spatial_outputs(self.model, self._blank()))

    def _blank(self) -> Tensor:
        return torch.zeros(self.shape, device=self.device)

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
            scores = self.explained(self._checked(self.model(leaf)))
        gradients = gradients_of(scores, kept.weights)
        self.passes += Passes(len(x), len(x))
        return [_heads(weights.detach()) for weights in kept.weights], [
            _heads(gradient) for gradient in gradients
        ]

    def why_no_attention(self) -> str | None:
        """Why the model offers no attention over the image, in a sentence; None where it does."""
        return self._known(
            "attention", lambda: requirements.why_no_attention(self.model, self._blank())
        )

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
        elif self.device.type == "mps":
            torch.mps.synchronize()


_ANSWERS: weakref.WeakKeyDictionary[nn.Module, dict[Any, Any]] = weakref.WeakKeyDictionary()


def _heads(weights: Tensor) -> Tensor:
    """`[1,heads,tokens,tokens]` or `[heads,tokens,tokens]` without the batch axis."""
    return weights[0] if weights.ndim == 4 else weights


def _per_channel(value: float | Sequence[float], x: Tensor) -> Tensor:
    values = torch.as_tensor(value, dtype=x.dtype, device=x.device).flatten()
    if len(values) not in (1, x.shape[1]):
        raise BadParameter(f"Expected one value or {x.shape[1]}, one a channel. Got {len(values)}.")
    return values.expand(x.shape[1]).reshape(1, -1, 1, 1)
