"""What a model's functions do differently while a `Target` watches: ReLUs with the guided rule,
attention that keeps its weights.

Both are torch function modes. They act on the calling thread alone, wherever the function is called
from: a module, a module that is used twice, a plain function, in place or not. Nothing on the model
changes.
"""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode

RELUS = frozenset({"relu", "relu6", "hardtanh"})
# Activations for which the guided rule is not defined; a model that calls one is refused.
OTHERS = frozenset(
    {
        "gelu",
        "silu",
        "mish",
        "hardswish",
        "hardsigmoid",
        "leaky_relu",
        "rrelu",
        "prelu",
        "elu",
        "selu",
        "celu",
        "softplus",
        "softsign",
        "tanhshrink",
        "hardshrink",
        "softshrink",
        "logsigmoid",
        "sigmoid",
        "tanh",
        "threshold",
        "glu",
        "clamp",
        "clamp_min",
        "clamp_max",
        "clip",
    }
)


def _named(func: Any) -> str:
    return str(getattr(func, "__name__", "")).rstrip("_")


class WatchedActivations(TorchFunctionMode):
    """Notes the names of the activations that are called."""

    def __init__(self) -> None:
        super().__init__()
        self.relus = 0
        self.others: set[str] = set()

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = _named(func)
        if name in RELUS and _top(name, args, kwargs or {}) is not None:
            self.relus += 1
        elif name in OTHERS or name in RELUS:
            self.others.add(name)
        return func(*args, **(kwargs or {}))


class GuidedReLUs(TorchFunctionMode):
    """ReLU and ReLU6 let only positive gradients through, beside their own mask (Springenberg
    2014).
    """

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        name = _named(func)
        top = _top(name, args, kwargs) if name in RELUS else None
        if top is None:
            return func(*args, **kwargs)
        x = args[0] if args else kwargs["input"]
        in_place = str(func.__name__).endswith("_") or _argument(
            args, kwargs, {"relu": 1, "relu6": 1, "hardtanh": 3}[name], "inplace", False
        )
        return _GuidedReLU.apply(x, top, bool(in_place))


def _top(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> float | None:
    """The bound above which a rectifier is flat; None for a hardtanh that does not start at
    zero.
    """
    if name == "relu":
        return math.inf
    if name == "relu6":
        return 6.0
    low, high = (
        _argument(args, kwargs, 1, "min_val", -1.0),
        _argument(args, kwargs, 2, "max_val", 1.0),
    )
    return float(high) if low == 0 else None


def _argument(
    args: tuple[Any, ...], kwargs: dict[str, Any], place: int, name: str, default: Any
) -> Any:
    return args[place] if len(args) > place else kwargs.get(name, default)


class _GuidedReLU(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, top: float, in_place: bool) -> Tensor:
        ctx.save_for_backward((x > 0) & (x < top))
        if in_place:
            ctx.mark_dirty(x)
            return x.clamp_(0, top)
        return x.clamp(0, top)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        (passing,) = ctx.saved_tensors
        return gradient.clamp_min(0) * passing, None, None


class KeptAttention(TorchFunctionMode):
    """Attention computed step by step, its weights `[N,heads,queries,keys]` kept in order, within
    the graph.
    """

    def __init__(self) -> None:
        super().__init__()
        self.weights: list[Tensor] = []

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func is F.scaled_dot_product_attention:
            output, weights = _attended(*args, **kwargs)
            self.weights.append(weights)
            return output
        if func is F.multi_head_attention_forward:
            output, shown = func(
                *args, **{**kwargs, "need_weights": True, "average_attn_weights": False}
            )
            assert shown is not None
            # what is returned is a view of the weights that were used; the gradient flows through
            # those
            self.weights.append(shown if shown._base is None else shown._base)
            wanted = kwargs.get("need_weights", True)
            averaged = shown.mean(1) if kwargs.get("average_attn_weights", True) else shown
            return output, averaged if wanted else None
        return func(*args, **kwargs)


def _attended(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> tuple[Tensor, Tensor]:
    """`scaled_dot_product_attention` with its weights; without dropout, as in eval mode."""
    if enable_gqa:
        key, value = (
            part.repeat_interleave(query.shape[-3] // part.shape[-3], -3) for part in (key, value)
        )
    scores = query @ key.transpose(-2, -1) * (query.shape[-1] ** -0.5 if scale is None else scale)
    if is_causal:
        scores = scores.masked_fill(
            torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device)
            .tril()
            .logical_not(),
            -math.inf,
        )
    if attn_mask is not None:
        scores = (
            scores.masked_fill(attn_mask.logical_not(), -math.inf)
            if attn_mask.dtype == torch.bool
            else scores + attn_mask
        )
    weights = scores.softmax(-1)
    return weights @ value, weights
