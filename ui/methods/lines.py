"""The textbook's lines: each method in a few lines of PyTorch that run as they are shown, in any
order, in one notebook.

They take `model`, `x` `[1,C,H,W]` as the model takes it, and the class `c`, and leave them as they
are; what else they take is said in their first lines. Each leaves a `heatmap` `[H,W]`: the one that
the laboratory shows beside it.
"""

from __future__ import annotations

VANILLA = """
import torch

# given: model, x [1,C,H,W], class c
leaf = x.detach().requires_grad_()
output = model(leaf)[0, c]
output.backward()
gradient = leaf.grad[0]

heatmap = gradient.abs().amax(0)
# or signed: gradient.sum(0)
""".strip()

INTEGRATED = """
import torch
from numpy.polynomial import legendre

# given: model, x [1,C,H,W], class c,
# baseline like x
points, weights = legendre.leggauss(50)
# Gauss-Legendre: points from -1 to 1
way = (x - baseline).detach()
total = torch.zeros_like(x)
for point, weight in zip(points, weights):
    alpha = (point + 1) / 2
    step = baseline + alpha * way
    step = step.detach().requires_grad_()
    model(step)[0, c].backward()
    total += weight / 2 * step.grad

heatmap = (way * total).sum(1)[0]
""".strip()

SMOOTHGRAD = """
import torch

# given: model, x [1,C,H,W], class c,
# std [C,1,1] that the model divides by
sigma = 0.15  # of the pixel range
n_samples = 64
total = torch.zeros_like(x)
for _ in range(n_samples):
    noise = torch.randn_like(x)
    noisy = x + sigma / std * noise
    noisy = noisy.detach().requires_grad_()
    model(noisy)[0, c].backward()
    total += noisy.grad

mean = total[0] / n_samples
heatmap = mean.abs().amax(0)
""".strip()

GRAD_CAM = """
import torch.nn.functional as F

# given: x [1,C,H,W], class c, the model
# in two: features to the layer, then head
A = features(x).detach().requires_grad_()
head(A.clone())[0, c].backward()
alpha = A.grad.mean((2, 3), keepdim=True)
small = (alpha * A).sum(1, keepdim=True)
small = small.detach().relu()

large = F.interpolate(
    small, x.shape[-2:], mode="bilinear"
)
heatmap = large[0, 0]
""".strip()
