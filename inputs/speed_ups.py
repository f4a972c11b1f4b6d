"""Exact transformations for speed: the same function and the same gradient, in less time.

Batch norm is folded into convolutions; padding is left to the convolution; ReLU6 works in place
where nothing is kept; the layout is channels_last, where that leaves the gradient of a flat area as
it is; parameters carry no gradient. With the allocator's settings of `runs/processes.py` they
make forward passes about four times as fast.
"""

from __future__ import annotations

import copy
from collections.abc import Callable

import torch
import torch.nn.functional as F
from timm.layers import Conv2dSame, get_same_padding
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from heatcheck.attribution.hooks import evaluating, hooked

TIED = 0.05  # of the largest value; rounding alone turns single units, by up to 0.03 of it
AREAS = [(row, column) for row in range(4) for column in range(3)]  # of sixteen; four stay


def thrifty(model: nn.Module, probe: Tensor, device: torch.device) -> nn.Module:
    """A model of the same function, in evaluation mode on the device; a transformation that would
    change the function is not used.

    `probe` is a batch `[N,C,H,W]` that the model takes: it tells what feeds what, and whether
    folding changed the answer.
    """
    plain = model.eval().requires_grad_(False)
    fast = copy.deepcopy(plain)
    fold_batch_norm(fast, probe[:1])
    with torch.no_grad():
        expected = plain(probe)
        exact = bool((fast(probe) - expected).abs().max() <= 1e-4 * expected.abs().max())
    fast = (fast if exact else plain).to(device)
    for path, module in list(fast.named_modules()):
        if type(module) is nn.ReLU6 and module.inplace:
            _replace(fast, path, ThriftyReLU6())
        elif type(module) is Conv2dSame and module.dilation == (1, 1):
            _replace(fast, path, ThriftySame.of(module))
    flat = _with_flat_areas(probe[:1]).to(device)
    expected = _gradient(plain.to(device), flat)
    fast.to(memory_format=torch.channels_last)
    found = _gradient(fast, flat)
    if (found - expected).abs().max() > TIED * expected.abs().max():
        fast.to(memory_format=torch.contiguous_format)
    return fast


def _with_flat_areas(probe: Tensor) -> Tensor:
    """The picture with areas of one colour: features are equal there, and which of them a max
    pooling takes depends on the layout.
    """
    flat = probe.clone()
    draws = torch.randn(len(AREAS), flat.shape[1], generator=torch.Generator().manual_seed(0))
    height, width = flat.shape[-2] // 4, flat.shape[-1] // 4
    for (row, column), colour in zip(AREAS, draws.to(flat), strict=True):
        rows = slice(row * height, (row + 1) * height)
        columns = slice(column * width, (column + 1) * width)
        flat[..., rows, columns] = 1.5 * colour[:, None, None]
    return flat


def _gradient(model: nn.Module, x: Tensor) -> Tensor:
    """Of a weighted sum of the scores; zeros where it has none, which is said where it is tried."""
    leaf = x.clone().requires_grad_(True)
    try:
        scores = model(leaf * 1).flatten(1)
        weights = torch.linspace(1, 2, scores.shape[1], device=x.device)
        (gradient,) = torch.autograd.grad((scores * weights).sum(), leaf)
    except RuntimeError:
        return torch.zeros_like(x)
    return gradient


class ThriftyReLU6(nn.ReLU6):
    """ReLU6 in place where nothing is kept for a backward pass; where something is, working in
    place would first make a copy.
    """

    def forward(self, input: Tensor) -> Tensor:
        """The same values either way."""
        return F.relu6(input, inplace=not (torch.is_grad_enabled() and input.requires_grad))


class ThriftySame(nn.Conv2d):
    """TensorFlow's SAME padding without a padded copy of what comes in.

    Where the right or lower edge needs one zero more than the edge across, the kernel is widened by
    a leading zero, and the
    convolution pads both edges alike: the same sums. The weights stay as they are.
    """

    @classmethod
    def of(cls, conv: Conv2dSame) -> ThriftySame:
        """The same layer, sharing its weights; undilated."""
        bias = conv.bias is not None
        layer = cls(
            conv.in_channels,
            conv.out_channels,
            conv.kernel_size,
            conv.stride,
            0,
            1,
            conv.groups,
            bias,
        )
        layer.weight, layer.bias = conv.weight, conv.bias
        return layer.train(conv.training)

    def forward(self, x: Tensor) -> Tensor:
        """The same values as timm's."""
        needed = [
            get_same_padding(x.shape[axis + 2], self.kernel_size[axis], self.stride[axis], 1)
            for axis in (0, 1)
        ]
        tall, wide = (zeros % 2 for zeros in needed)
        weight = F.pad(self.weight, (wide, 0, tall, 0))
        return F.conv2d(
            x,
            weight,
            self.bias,
            self.stride,
            [(zeros + 1) // 2 for zeros in needed],
            1,
            self.groups,
        )


def fold_batch_norm(model: nn.Module, probe: Tensor) -> int:
    """Fold each batch norm into the convolution that alone feeds it; returns how many. The function
    stays the same.

    One probing pass tells which convolution's output goes into which batch norm. A layer used more
    than once is left alone. An activation that a batch norm carries (timm's) is kept.
    """
    sources: dict[int, list[str]] = {}
    readers_of: dict[int, list[str]] = {}
    alive: list[Tensor] = []  # so that no identity is used twice

    def note(table: dict[int, list[str]], path: str, tensor: Tensor) -> None:
        alive.append(tensor)
        table.setdefault(id(tensor), []).append(path)

    def watch(path: str, module: nn.Module) -> Callable[..., None]:
        def hook(module: nn.Module, args: tuple[Tensor, ...], output: Tensor) -> None:
            if isinstance(module, nn.Conv2d):
                note(sources, path, output)
            note(readers_of, path, args[0])

        return hook

    modules = dict(model.named_modules())
    leaves = {
        path: module
        for path, module in modules.items()
        if path and isinstance(module, nn.Conv2d | nn.BatchNorm2d)
    }
    with (
        torch.no_grad(),
        evaluating(model),
        hooked([(module, watch(path, module)) for path, module in leaves.items()]),
    ):
        model(probe)
    calls = [path for paths in readers_of.values() for path in paths]
    folded = 0
    for tensor, (conv_path, *_) in sources.items():
        readers = readers_of.get(tensor, [])
        if len(readers) != 1 or calls.count(conv_path) != 1 or calls.count(readers[0]) != 1:
            continue
        conv, norm = modules[conv_path], modules[readers[0]]
        if (
            not isinstance(conv, nn.Conv2d)
            or not isinstance(norm, nn.BatchNorm2d)
            or norm.running_mean is None
            or "weight" not in conv._parameters  # computed in each pass, as by a spectral norm
        ):
            continue
        _replace(model, conv_path, fuse_conv_bn_eval(conv, norm))
        _replace(model, readers[0], getattr(norm, "act", nn.Identity()))
        folded += 1
    return folded


def _replace(model: nn.Module, path: str, module: nn.Module) -> None:
    parent, _, name = path.rpartition(".")
    setattr(model.get_submodule(parent), name, module)
