"""The options that ask a run's question, and those that several verbs share."""

from __future__ import annotations

import argparse
from pathlib import Path

from heatcheck.commands import options


def add_question(verb: argparse.ArgumentParser) -> None:
    """A spec file, or the options that stand for one."""
    verb.add_argument(
        "spec",
        nargs="?",
        metavar="SPEC.json",
        help="the whole question as a file, instead of the options below",
    )
    verb.add_argument(
        "--preset",
        help="a bundle of methods, metrics, points, substrates and a sample: quick, standard or "
        "thorough; an option beside it goes before it",
    )
    verb.add_argument(
        "--classifier",
        help="efficientnet_lite0 (default), torchvision:NAME, timm:NAME, module:function, hf:DIR",
    )
    add_network(verb)
    verb.add_argument(
        "--images",
        help="samples (default), cutouts (where they are installed), or a folder: CLASS/image "
        "gives labels, a flat one none",
    )
    verb.add_argument(
        "--only", help="names of images, comma between; all of the folder where left out"
    )
    verb.add_argument(
        "--sample",
        type=options.whole_number,
        metavar="N",
        help="draw so many images with the seed, balanced by class",
    )
    verb.add_argument(
        "--methods",
        help="names, comma between, or all; the standard ones (the four of the textbook and "
        "the controls) where left out",
    )
    verb.add_argument(
        "--metrics",
        help="names, comma between, or all that the images allow; the standard ones where left out",
    )
    verb.add_argument(
        "--points",
        type=options.points,
        help="points of each curve: budget (default: as many as a comparison needs), adaptive, all "
        "(225, exact), drawn-N, or a number of even ones",
    )
    verb.add_argument(
        "--substrates",
        help="what takes a pixel's place: standard (default: the mean over mean, blur and black), "
        "wide, or one by its name",
    )
    verb.add_argument(
        "--beside",
        metavar="CLASSIFIER",
        help="another network whose maps are scored beside the run's own",
    )
    verb.add_argument(
        "--seed", type=options.whole_number, help="of everything random; 0 where left out"
    )
    verb.add_argument(
        "--groups",
        metavar="FILE.csv",
        type=Path,
        help="columns image, group: pictures of one patient, object or film are one sample",
    )
    verb.add_argument(
        "--target",
        metavar="RULE",
        help="which class is explained: top (default: the one that the model names), label, "
        "second, class:NAME, or contrast:A,B (what speaks for A rather than B)",
    )
    add_fit(verb)
    options.add_elsewhere(verb)


def add_device(verb: argparse.ArgumentParser) -> None:
    """Where networks compute."""
    verb.add_argument("--device", help="auto (default), cpu, cuda:N or mps: where networks compute")


def add_network(verb: argparse.ArgumentParser) -> None:
    """What the user says about a network of their own."""
    verb.add_argument(
        "--weights",
        metavar="FILE",
        help="a checkpoint of your own for timm:NAME or torchvision:NAME: safetensors, or a "
        "state dict as .pth",
    )
    verb.add_argument("--labels", metavar="FILE", help="its class names, one a line")
    verb.add_argument(
        "--mean",
        help="of its normalisation, in pixels of [0, 1]: one number a channel, comma between",
    )
    verb.add_argument("--std", help="of its normalisation, likewise")
    verb.add_argument(
        "--size",
        metavar="PIXELS",
        type=options.size,
        help="the side of its input in pixels; of an oblong one height and width, comma between",
    )
    verb.add_argument(
        "--output",
        help="how its outputs are read: softmax (default), sigmoid (independent findings), binary "
        "(one logit), score (a plain number)",
    )


def add_fit(verb: argparse.ArgumentParser) -> None:
    """How pictures are brought to the input."""
    verb.add_argument(
        "--fit",
        help="how pictures are brought to the classifier's input: crop (default), squash or pad",
    )
