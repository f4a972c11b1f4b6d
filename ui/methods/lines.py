"""The textbook's lines: each method in a few lines of PyTorch that run as they are shown.

They take `model`, `x` `[1,C,H,W]` as the model takes it, and the class `c`; what else they take is
said in their first line. Each leaves a `heatmap` `[H,W]`.
"""

from __future__ import annotations

VANILLA = """
import torch

# given: model, x [1,C,H,W], class c
x = x.detach().requires_grad_()
output = model(x)[0, c]
output.backward()
gradient = x.grad[0]

heatmap = gradient.abs().amax(0)
# or signed: gradient.sum(0)
""".strip()

INTEGRATED = """
import torch

# given: model, x [1,C,H,W], class c,
# baseline like x
n_steps = 50
total = torch.zeros_like(x)
for k in range(n_steps):
    alpha = (k + 0.5) / n_steps
    step = baseline + alpha * (x - baseline)
    step.requires_grad_()
    model(step)[0, c].backward()
    total += step.grad / n_steps

parts = (x - baseline) * total
heatmap = parts.sum(1)[0]
""".strip()

SMOOTHGRAD = """
import torch

# given: model, x [1,C,H,W], class c,
# sigma in the units of x
n_samples = 50
grads = torch.zeros_like(x)
for _ in range(n_samples):
    noisy = x + sigma * torch.randn_like(x)
    noisy.requires_grad_()
    model(noisy)[0, c].backward()
    grads += noisy.grad

mean = grads[0] / n_samples
heatmap = mean.abs().amax(0)
""".strip()

GRAD_CAM = """
import torch.nn.functional as F

# given: x [1,C,H,W], class c, the model
# in two: features to the layer, then head
A = features(x).detach().requires_grad_()
head(A)[0, c].backward()
alpha = A.grad.mean((2, 3), keepdim=True)
small = (alpha * A).sum(1, keepdim=True)

large = F.interpolate(
    small.relu(), x.shape[-2:], mode="bilinear"
)
heatmap = large[0, 0]
""".strip()
