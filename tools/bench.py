"""Speed and memory beside captum and torchcam, side by side in one process: `make bench`.

EfficientNet-Lite0 on the sample photographs. Ours runs on the classifier as Heatcheck loads it
(batch norm folded, channels_last), the peer on the plain network with the same weights; both under
the same allocator settings, and both warm. Each figure is the median of ratios of neighbouring
pairs, ours and the peer taking turns, with the quartiles. Run it alone on the machine: it takes
several minutes.

`python -m heatcheck.tools.bench curves` holds deletion and insertion against RISE's loop, all 20
photographs x the standard methods, at every one of 225 points, and adaptive
areas against exact ones: about an hour. `python -m heatcheck.tools.bench integral` prints the
completeness gaps of Integrated Gradients, a minute; `python -m heatcheck.tools.bench integral 2000`
also holds the maps against as many midpoints, ten minutes. `python -m heatcheck.tools.bench
coverage` says how often a 95 % interval holds the true mean, under laws more and less skewed, in a
minute.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

PAIRS = 15
IMAGES = 10
CURVE_IMAGES = 8  # a loop takes seconds
SETTINGS = {
    "MALLOC_MMAP_THRESHOLD_": str(4 << 30),
    "MALLOC_TRIM_THRESHOLD_": str(16 << 30),
    "MALLOC_TOP_PAD_": str(256 << 20),
}
GAPS = (50, 100, 200, 400, 800)  # steps that captum is given, until its gap is under 1 %


def main() -> None:
    """Print the table."""
    import captum.attr
    import numpy as np
    import timm
    import torch
    import torchcam.methods

    from heatcheck.attribution import METHODS, Target, attribute
    from heatcheck.attribution.baselines import baselines
    from heatcheck.inputs import classifiers, images

    ready = classifiers.load("efficientnet_lite0")
    packaged = classifiers.PACKAGED["efficientnet_lite0"]
    assert packaged.path is not None
    plain = timm.create_model(packaged.architecture, pretrained=False).eval()
    weights = torch.load(packaged.path, weights_only=True)
    plain.load_state_dict(dict(zip(plain.state_dict(), weights.values(), strict=True)))
    pictures = [
        ready.to_input(images.picture(image.encoded(), ready.size))
        for image in images.load(images.SAMPLES)[:IMAGES]
    ]
    tops = [int(plain(x).argmax()) for x in pictures]

    def ours(name: str | dict[str, Any]) -> Callable[[int], Any]:
        return lambda place: attribute(
            METHODS.build(name), ready.target(pictures[place], tops[place]), pictures[place]
        )

    def leaf(place: int) -> Any:
        return pictures[place].clone().requires_grad_()

    def torchcams(place: int) -> None:
        with torchcam.methods.GradCAM(plain, "bn2") as extractor:
            extractor(tops[place], plain(leaf(place)), normalized=False)

    saliency, tunnel = (
        captum.attr.Saliency(plain),
        captum.attr.NoiseTunnel(captum.attr.Saliency(plain)),
    )
    cam, integrated = (
        captum.attr.LayerGradCam(plain, plain.bn2),
        captum.attr.IntegratedGradients(plain),
    )
    rows: list[tuple[str, str, Callable[[int], Any], Callable[[int], Any]]] = [
        (
            "Vanilla Gradients",
            "captum Saliency",
            ours("vanilla_gradients"),
            lambda place: saliency.attribute(leaf(place), tops[place]),
        ),
        (
            "SmoothGrad, 50 samples",
            "captum NoiseTunnel, chunks of 16",
            ours("smoothgrad"),
            lambda place: tunnel.attribute(
                pictures[place],
                nt_samples=50,
                nt_samples_batch_size=16,
                stdevs=0.3,
                target=tops[place],
                abs=False,
            ),
        ),
        ("Grad-CAM", "torchcam GradCAM", ours("grad_cam"), torchcams),
        (
            "Grad-CAM",
            "captum LayerGradCam",
            ours("grad_cam"),
            lambda place: cam.attribute(leaf(place), tops[place]),
        ),
        (
            "Integrated Gradients, 50 steps",
            "captum, 50 steps, chunks of 16",
            ours("integrated_gradients"),
            lambda place: integrated.attribute(
                pictures[place],
                -torch.ones_like(pictures[place]),
                tops[place],
                n_steps=50,
                method="gausslegendre",
                internal_batch_size=16,
            ),
        ),
    ]
    print(
        "| ours | peer | ours ms | peer ms | peer / ours, median (quartiles) "
        "|\n|---|---|---:|---:|---:|"
    )
    for title, peer, one, other in rows:
        for place in range(3):
            one(place), other(place)
        pairs = np.array(
            [(timed(one, place % IMAGES), timed(other, place % IMAGES)) for place in range(PAIRS)]
        )
        print_row(title, peer, pairs)

    print_curve_speed(ready, plain, pictures, tops)

    steps, pairs, gaps = [], [], []
    for place, x in enumerate(pictures):
        target = Target(plain, tops[place], x, mean=0.5, std=0.5)
        black = baselines("black", target, x, torch.Generator())
        change = float(target.score(x) - target.score(black))
        for count in GAPS:
            start = time.perf_counter()
            found = integrated.attribute(
                x, black, tops[place], n_steps=count, method="gausslegendre", internal_batch_size=16
            )
            took = 1000 * (time.perf_counter() - start)
            gap = abs(float(found.sum()) - change) / abs(change)
            if gap < 0.01:
                break
        start = time.perf_counter()
        made = attribute(
            METHODS.build({"name": "integrated_gradients", "steps": "auto"}),
            ready.target(x, tops[place]),
            x,
        )
        pairs.append((1000 * (time.perf_counter() - start), took))
        steps.append((int(made.told["steps"]), count))
        gaps.append((made.told["completeness_gap"], gap))
    print_row(
        "Integrated Gradients, auto, gap under 1 %",
        "captum, fewest steps of 50 to 800 with a gap under 1 %",
        np.array(pairs),
    )
    print("\nIntegrated Gradients, auto, against captum, an image each:")
    print(
        "| image | our gradients | our gap | captum's steps | its gap |\n|---|---:|---:|---:|---:|"
    )
    for place, (count, gap) in enumerate(zip(steps, gaps, strict=True)):
        print(
            f"| {place} | {count[0]} | {100 * gap[0]:.2f} % | {count[1]} | {100 * gap[1]:.2f} % |"
        )

    few, many = (peak_of(count) for count in (50, 500))
    print(
        f"\nPeak memory of Integrated Gradients: {few} MB with 50 steps, {many} MB with "
        f"500: {many / few:.2f} times."
    )


def rise_loop(model: Any, class_index: int, start: Any, stop: Any, order: Any) -> list[float]:
    """RISE's protocol as it is written down: one image a step, 224 pixels more each time."""
    import torch

    current, read = start.clone(), []
    with torch.no_grad():
        for step in range(225):
            read.append(float(model(current).softmax(1)[0, class_index]))
            change = order[224 * step : 224 * (step + 1)]
            current.view(*start.shape[:2], -1)[..., change] = stop.view(*start.shape[:2], -1)[
                ..., change
            ]
    return read


def print_curve_speed(ready: Any, plain: Any, pictures: list[Any], tops: list[int]) -> None:
    """Deletion and insertion of one map: adaptive and exact, beside a loop and beside torchcam's
    metric with 224 steps.
    """
    from functools import partial

    import numpy as np
    import torch
    import torchcam.methods
    import torchcam.metrics

    from heatcheck.attribution import METHODS, attribute
    from heatcheck.metrics import METRICS, Case
    from heatcheck.metrics.orders import case_ranks
    from heatcheck.metrics.substrates import blurred

    grad_cam = METHODS.build("grad_cam")
    cases = []
    for x, top in zip(pictures, tops, strict=True):
        target = ready.target(x, top)
        cases.append(Case(target, x, attribute(grad_cam, target, x), "bench"))

    def curves(points: str, place: int) -> None:
        both = tuple(
            METRICS.build({"name": name, "points": points}) for name in ("deletion", "insertion")
        )
        fresh = Case(
            cases[place].target, cases[place].x, cases[place].attribution, "bench", together=both
        )
        for metric in both:
            metric.score(fresh)

    def loop(place: int) -> None:
        x, order = pictures[place], case_ranks(cases[place]).flatten().argsort()
        rise_loop(plain, tops[place], x, torch.zeros_like(x), order)
        rise_loop(plain, tops[place], blurred(x), x, order)

    def torchcams(place: int) -> None:
        with torchcam.methods.GradCAM(plain, "bn2") as extractor:
            metric = torchcam.metrics.DeletionInsertionMetric(
                extractor, partial(torch.softmax, dim=-1), steps=224
            )
            metric.update(pictures[place].clone(), tops[place])

    for title, peer, one, other in (
        (
            "Deletion and insertion, adaptive",
            "a loop of RISE's protocol, one image a step",
            partial(curves, "adaptive"),
            loop,
        ),
        (
            "Deletion and insertion, adaptive",
            "torchcam DeletionInsertionMetric, 224 steps",
            partial(curves, "adaptive"),
            torchcams,
        ),
        (
            "Deletion and insertion, all 225 points",
            "a loop of RISE's protocol, one image a step",
            partial(curves, "all"),
            loop,
        ),
    ):
        one(0), other(0)
        print_row(
            title,
            peer,
            np.array([(timed(one, place), timed(other, place)) for place in range(CURVE_IMAGES)]),
        )


def print_curves() -> None:
    """Every point of every curve against the loop, and adaptive areas against exact ones."""
    import numpy as np
    import torch

    from heatcheck.attribution import METHODS, attribute
    from heatcheck.inputs import classifiers, images
    from heatcheck.metrics import METRICS, Case
    from heatcheck.metrics.orders import case_ranks
    from heatcheck.metrics.substrates import blurred
    from heatcheck.runs.specs import STANDARD

    loaded = classifiers.load("efficientnet_lite0")
    furthest, off, points, errors = 0.0, [], [], []
    for image in images.load(images.SAMPLES):
        x = loaded.to_input(images.picture(image.encoded(), loaded.size))
        top = int(loaded.probabilities(x).argmax())
        for name in STANDARD:
            target = loaded.target(x, top)
            case = Case(
                target,
                x,
                attribute(METHODS.build(name), target, x, about=image.digest),
                image.digest,
            )
            order = case_ranks(case).flatten().argsort()
            for metric, start, stop in (
                ("deletion", x, torch.zeros_like(x)),
                ("insertion", blurred(x), x),
            ):
                exact, quick = (
                    METRICS.build({"name": metric, "points": which}).score(case)
                    for which in ("all", "adaptive")
                )
                assert exact.curve is not None
                read = rise_loop(loaded.model, top, start, stop, order)
                furthest = max(
                    furthest, float(np.abs(np.array(read) - exact.curve.probabilities).max())
                )
                off.append(quick.value - exact.value)
                points.append(quick.sides["points"])
                errors.append(quick.sides["auc_error"])
        print(
            f"{image.name}: {len(off)} curves so far, furthest point from the loop {furthest:.1e}",
            flush=True,
        )
    gap = np.abs(off)
    print(f"\nExact against the loop at all 225 points: at most {furthest:.1e} apart.")
    print(
        f"Adaptive against exact: {gap.mean():.4f} on average, {gap.max():.4f} at most, "
        f"with {np.mean(points):.1f} points on average."
    )
    print(
        "Within two of its own standard errors: "
        f"{100 * np.mean(gap <= 2 * np.array(errors)):.0f} % of {len(gap)} areas."
    )


def _summed(target: Any, start: Any, x: Any, places: Any, weights: Any) -> Any:
    """Integrated Gradients by given places and weights, `[1,H,W]`."""
    total = 0 * x
    for a, w in zip(places.to(x).split(16), weights.to(x).split(16), strict=True):
        total += (
            w.reshape(-1, 1, 1, 1) * target.gradient(start + a.reshape(-1, 1, 1, 1) * (x - start))
        ).sum(0, keepdim=True)
    return ((x - start) * total).sum(1)


def integral(midpoints: int) -> None:
    """Print what each way of integrating leaves, a photograph each; with `midpoints`, every second
    map against that many.
    """
    import torch

    from heatcheck.attribution.baselines import baselines
    from heatcheck.attribution.quadrature import adaptive, gauss_legendre
    from heatcheck.inputs import classifiers, images

    loaded = classifiers.load("efficientnet_lite0")
    print(
        "| photograph | gap of 50 fixed nodes | gap of auto | gradients | settled | L2 "
        "against midpoints |\n|---|---:|---:|---:|---|---:|"
    )
    for place, image in enumerate(images.load(images.SAMPLES)):
        x = loaded.to_input(images.picture(image.encoded(), loaded.size))
        target = loaded.target(x, int(loaded.model(x).argmax()))
        start = baselines("black", target, x, torch.Generator())
        change = float(target.score(x) - target.score(start))

        fixed = abs(float(_summed(target, start, x, *gauss_legendre(50)).sum()) - change) / abs(
            change
        )
        auto, apart = adaptive(target, start, x), ""
        if midpoints and place % 2 == 0:
            fine = _summed(
                target,
                start,
                x,
                (torch.arange(midpoints) + 0.5) / midpoints,
                torch.full((midpoints,), 1 / midpoints),
            )
            apart = f"{100 * float((auto.attribution.sum(1) - fine).norm() / fine.norm()):.1f} %"
        settled = "yes" if auto.settled else "no"
        print(
            f"| {place} | {100 * fixed:.1f} % | {100 * auto.gap:.2f} % | {auto.gradients} "
            f"| {settled} | {apart} |",
            flush=True,
        )


def coverage() -> None:
    """How often the interval that Heatcheck gives, and Student's, hold the true mean of a law: 1000
    samples each.
    """
    import numpy as np
    from scipy import stats

    from heatcheck.judgement.statistics import estimate

    laws = {
        "normal": stats.norm(),
        "uniform": stats.uniform(),
        "arcsine": stats.arcsine(),
        "gamma, shape 2": stats.gamma(2),
        "exponential": stats.expon(),
        "log-normal, sigma 0.5": stats.lognorm(0.5),
        "log-normal, sigma 1": stats.lognorm(1),
    }
    print("| law | skewness | images | ours | Student's t |\n|---|---:|---:|---:|---:|")
    for title, law in laws.items():
        for n in (5, 20, 100):
            samples = law.rvs(size=(1000, n), random_state=np.random.default_rng(n))
            ours = np.mean([not estimate(sample).excludes(law.mean()) for sample in samples])  # type: ignore[union-attr]
            students = np.mean(stats.ttest_1samp(samples, law.mean(), axis=1).pvalue >= 0.05)
            print(
                f"| {title} | {float(law.stats('s')):.1f} | {n} | {100 * ours:.1f} % | "
                f"{100 * students:.1f} % |",
                flush=True,
            )


def timed(work: Callable[[int], Any], place: int) -> float:
    """Milliseconds of one call."""
    start = time.perf_counter()
    work(place)
    return 1000 * (time.perf_counter() - start)


def print_row(title: str, peer: str, pairs: Any) -> None:
    """One line of the table."""
    import numpy as np

    low, median, high = np.percentile(pairs[:, 1] / pairs[:, 0], [25, 50, 75])
    mine, theirs = np.median(pairs, 0)
    print(
        f"| {title} | {peer} | {mine:.1f} | {theirs:.1f} | **{median:.2f}** ({low:.2f} to "
        f"{high:.2f}) |",
        flush=True,
    )


def peak_of(steps: int) -> int:
    """Peak resident memory in MB of a fresh process that makes two maps with so many steps."""
    done = subprocess.run(
        [sys.executable, __file__, str(steps)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **SETTINGS},
    )
    return int(done.stdout)


def make_two(steps: int) -> None:
    """What `peak_of` measures."""
    import torch

    from heatcheck.attribution import attribute
    from heatcheck.attribution.integrated_gradients import IntegratedGradients
    from heatcheck.inputs import classifiers

    loaded = classifiers.load("efficientnet_lite0")
    x = torch.rand(1, 3, 224, 224, generator=torch.Generator().manual_seed(0)) - 0.5
    for _ in range(2):
        attribute(IntegratedGradients(steps=steps), loaded.target(x, 0), x)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)


if __name__ == "__main__":
    if len(sys.argv) == 2 and sys.argv[1].isdigit():
        make_two(int(sys.argv[1]))
    elif any(os.environ.get(key) != value for key, value in SETTINGS.items()):
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, **SETTINGS})
    elif sys.argv[1:2] == ["curves"]:
        print_curves()
    elif sys.argv[1:2] == ["coverage"]:
        coverage()
    elif sys.argv[1:2] == ["integral"]:
        integral(int(sys.argv[2]) if len(sys.argv) > 2 else 0)
    else:
        main()
