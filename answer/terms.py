"""The terms of the glossary, each in one line, with how to read it and where it is from."""

from __future__ import annotations

from heatcheck.answer.term import Term
from heatcheck.attribution import METHODS
from heatcheck.core.registry import Citation
from heatcheck.metrics import METRICS

RISE, SANITY = METRICS["deletion"].cite, METRICS["deletion_model"].cite
PATHS, FIRST = METHODS["integrated_gradients"].cite, METHODS["vanilla_gradients"].cite
BASELINES = Citation(
    "Sturmfels et al.",
    2020,
    "Visualizing the impact of feature attribution baselines",
    "https://distill.pub/2020/attribution-baselines/",
)
ENERGY = Citation(
    "Liu et al.",
    2020,
    "Energy-based out-of-distribution detection",
    "https://arxiv.org/abs/2010.03759",
)
SKEW = Citation("Hall", 1992, "On the removal of skewness by transformation")
BETTING = Citation(
    "Waudby-Smith and Ramdas",
    2024,
    "Estimating means of bounded random variables by betting",
    "https://arxiv.org/abs/2010.09686",
)
P_VALUES = Citation(
    "Wasserstein and Lazar",
    2016,
    "The ASA statement on p-values: context, process, and purpose",
    "https://doi.org/10.1080/00031305.2016.1154108",
)
HOLM = Citation(
    "Holm",
    1979,
    "A simple sequentially rejective multiple test procedure",
    "https://www.jstor.org/stable/4615733",
)
DUNN = Citation(
    "Dunn",
    1961,
    "Multiple comparisons among means",
    "https://doi.org/10.1080/01621459.1961.10482090",
)
FISHER = Citation("Fisher", 1935, "The design of experiments")
FRIEDMAN = Citation(
    "Friedman",
    1937,
    "The use of ranks to avoid the assumption of normality implicit in the analysis of variance",
    "https://doi.org/10.1080/01621459.1937.10503522",
)
DEMSAR = Citation(
    "Demsar",
    2006,
    "Statistical comparisons of classifiers over multiple data sets",
    "https://jmlr.org/papers/v7/demsar06a.html",
)
KENDALL = Citation(
    "Kendall", 1938, "A new measure of rank correlation", "https://doi.org/10.1093/biomet/30.1-2.81"
)

_TERMS = (
    Term(
        "attribution map",
        "A number for each pixel: how much it counts for the class that is explained.",
        "Bright counts much, dark little. Each map has its own scale, so compare places, not "
        "brightness.",
        FIRST,
        ("heatmap",),
    ),
    Term(
        "deletion",
        "The area under the class's probability while pixels are covered, those that the map ranks "
        "highest first.",
        "Lower is better: a good map names the pixels without which the class is lost.",
        RISE,
    ),
    Term(
        "insertion",
        "The area under the class's probability while pixels of a covered picture are uncovered, "
        "those that the map ranks highest first.",
        "Higher is better: a good map names the pixels that bring the class back.",
        RISE,
    ),
    Term(
        "area under the curve",
        "The mean height of a curve from its first pixel to its last, 0 to 1.",
        "Compare areas of one model; those of two models differ with how sure each model is.",
        RISE,
        ("area under", "areas under"),
    ),
    Term(
        "substrate",
        "What takes a pixel's place when it is covered: the mean colour, a blur, black and others.",
        "Scores are means over several, since one alone may decide who wins.",
        BASELINES,
    ),
    Term(
        "baseline",
        "The picture without content from which methods such as Integrated Gradients start.",
        "Another baseline asks another question: compare maps that start from the same one.",
        PATHS,
    ),
    Term(
        "matched",
        "The method's baseline is the substrate that it is scored on.",
        "Read such a score with care: the substrate favours the method.",
        BASELINES,
    ),
    Term(
        "placement gain",
        "How much worse deletion or insertion gets when the same map is moved elsewhere.",
        "Above zero, the places that the map names matter. About zero, others would do as well.",
    ),
    Term(
        "exchange gain",
        "How much worse deletion or insertion gets with the same method's maps of other pictures.",
        "Above zero, the map tells of this picture. About zero, one map would do for all.",
    ),
    Term(
        "model gain",
        "How much worse deletion or insertion gets with the same method's maps of the network with "
        "random weights.",
        "Above zero, the map tells of what this network has learned.",
        SANITY,
    ),
    Term(
        "class gain",
        "How much worse deletion or insertion gets with the same method's maps of another class.",
        "Above zero, the map tells of this class, not of objects at large.",
    ),
    Term(
        "evidence",
        "What a map shows when it does better than a reference that lacks just this.",
        "Of the map's places: better than itself moved. Of this picture: than maps of other "
        "pictures. Of this model and class: than maps of random weights and of another class.",
    ),
    Term(
        "grain",
        "What of a score the texture of a map buys, wherever it lies: the area of the map moved "
        "elsewhere.",
        "Fine speckle scores well in deletion by its grain alone.",
    ),
    Term(
        "shared place",
        "What of a score the place buys that the maps of all pictures share, such as the middle.",
        "Where it is large, the model may read one place in every picture.",
    ),
    Term(
        "control",
        "A map that is made without looking at the model.",
        "A method that does not beat the controls has not earned its place.",
    ),
    Term(
        "Random",
        "The control whose pixels are random numbers.",
        "What scores no better has shown nothing.",
        METHODS["random"].cite,
    ),
    Term(
        "Edges",
        "The control that marks where the picture has edges.",
        "What scores no better may have found edges, and nothing of the model.",
        METHODS["edges"].cite,
    ),
    Term(
        "Centre Prior",
        "The control that marks the middle of every picture.",
        "What scores no better may know where photographers put things, and nothing else.",
        METHODS["centre_prior"].cite,
    ),
    Term(
        "repeatability",
        "How much of a map comes again under faint noise on the image and another seed.",
        "Higher is better: 1 is all of it, 0 is nothing.",
        METRICS["repeatability"].cite,
    ),
    Term(
        "noise",
        "The part of a map that does not come again: 1 less its repeatability.",
        "Look for structure at the scale at which the map repeats.",
        METHODS["smoothgrad"].cite,
    ),
    Term(
        "fineness",
        "The share of a map that is detail finer than four pixels.",
        "Lower is smoother. Fine is not wrong, and smooth is not right.",
        METRICS["fineness"].cite,
    ),
    Term(
        "saturation",
        "Where a model no longer changes its answer, its gradient is flat and says nothing.",
        "A method that suffers from it misses what the answer rests on.",
        PATHS,
        ("saturates",),
    ),
    Term(
        "sanity",
        "Whether a map changes when the network's weights are replaced by random ones.",
        "A map that stays as good did not read what the network has learned.",
        SANITY,
        ("sanity check", "random weights", "randomised"),
    ),
    Term(
        "forward pass",
        "One image through the network, for its answer.",
        "Passes tell a method's cost on any machine; milliseconds hold for one machine only.",
        also=("forward passes", "passes"),
    ),
    Term(
        "backward pass",
        "One image back through the network, for a gradient.",
        "Count it as about two forward passes.",
        also=("backward passes", "forward + backward"),
    ),
    Term(
        "always-valid interval",
        "A range made so that in 95 of 100 runs it holds the true mean at every look at once, "
        "however often one looks.",
        "It lets a run stop by itself where it leaves out zero. It is wider than an interval that "
        "is looked at once, at the end.",
        BETTING,
    ),
    Term(
        "95 % interval",
        "A range made so that it holds the true mean in about 95 of 100 such runs.",
        "A difference is sure where its own interval leaves out zero. Two intervals that overlap "
        "do not show that two methods are alike.",
        SKEW,
    ),
    Term(
        "skewed",
        "A few images carry most of the mean.",
        "The interval may then be too short: look at the single images.",
        SKEW,
    ),
    Term(
        "p-value",
        "How often chance alone would bring a result at least as strong, if there were no effect.",
        "At most 0.05 counts as shown, after correction. It is not the size of an effect.",
        P_VALUES,
        ("p =", "p <", "p at most", "p"),
    ),
    Term(
        "Holm's correction",
        "Raises p-values that are tested together, so that one false finding in all of them stays "
        "as rare as in one.",
        "The more is asked at once, the stronger each answer has to be.",
        HOLM,
        ("Holm",),
    ),
    Term(
        "Bonferroni",
        "Tests each of several comparisons at 5 % divided by their number.",
        "Stricter than Holm's correction, and as safe.",
        DUNN,
    ),
    Term(
        "sign-flip test",
        "Flips the signs of the images' differences many times, and counts how often the sum is as "
        "large as the one measured.",
        "It needs no bell curve: only that without an effect either sign is as likely.",
        FISHER,
    ),
    Term(
        "Friedman test",
        "Whether methods rank differently over images at all.",
        "A small p says that some differ, not which.",
        FRIEDMAN,
        ("Friedman",),
    ),
    Term(
        "Nemenyi test",
        "Which pairs of methods differ in mean rank, after a Friedman test.",
        "It looks at ranks alone and at all pairs at once, so it finds few differences.",
        DEMSAR,
        ("Nemenyi",),
    ),
    Term(
        "critical difference",
        "The gap between two mean ranks from which on Nemenyi's test calls them different.",
        "Methods joined by a bar lie closer than that.",
        DEMSAR,
    ),
    Term(
        "Kendall's tau",
        "How alike two orders of the same methods are.",
        "1 is one order, 0 no relation, -1 the reverse.",
        KENDALL,
    ),
    Term(
        "sample",
        "What means are over: an image, or several that belong together.",
        "Twenty tell large effects from none; below five no interval is given.",
    ),
    Term(
        "group",
        "Images that belong together, say of one patient or one film.",
        "A group counts as one sample: more of the same teaches little.",
    ),
    Term(
        "chance",
        "What guessing alone would get.",
        "A result counts where it lies beyond chance.",
    ),
    Term(
        "nat",
        "The unit of how unusual a picture is to the model: one nat is a factor of 2.7.",
        "Far above zero, the model is asked about pictures unlike those that it has learned.",
        ENERGY,
    ),
    Term(
        "hit",
        "A yes where a metric or a label knows only yes and no, such as the brightest pixel on the "
        "object.",
        "A mean of hits is the share of images with a yes.",
        METRICS["pointing_game"].cite,
    ),
    Term(
        "blank map",
        "A map whose pixels are all equal.",
        "It ranks nothing, so it has no score; such maps are counted.",
    ),
    Term(
        "confirmed",
        "A claim whose measurement lies on its side of the threshold, beyond doubt.",
        "It holds for this model on these images.",
    ),
    Term(
        "refuted",
        "A claim whose measurement lies on the other side of the threshold, beyond doubt.",
        "It fails for this model on these images.",
    ),
    Term(
        "mixed",
        "A claim about several methods that holds for some and fails for others.",
        "Look at each method by itself.",
    ),
    Term(
        "undecided",
        "A claim whose measurement could lie on either side of the threshold.",
        "More images may decide it.",
    ),
    Term(
        "drawn points",
        "The places of a curve at which it is read, drawn by lot, one from each stretch.",
        "The mean over images is right on average; the doubt that they add is in the intervals.",
        also=("drawn point", "drawn ones", "drawn by lot"),
    ),
    Term(
        "focus intensity",
        "How much of a map is hidden: at 70 % the strongest 30 % of its pixels are coloured.",
        "It changes the drawing, never a number.",
    ),
    Term(
        "opacity",
        "How strongly the heatmap covers the picture.",
        "It changes the drawing, never a number.",
    ),
    Term(
        "output",
        "How a network's answer is read: softmax over classes, a sigmoid each, one logit of two "
        "classes, or a plain score in its own unit.",
        "It decides what a probability is, in every curve and area. A network that is read in the "
        "wrong way gets wrong numbers.",
        also=("outputs",),
    ),
    Term(
        "explained class",
        "The class whose score the heatmaps explain: the model's top class unless a person "
        "asks for another, or for one class rather than another.",
        "It may be wrong; a map that shows why the model erred is a good map.",
        also=("target class", "the class"),
    ),
)
TERMS: tuple[Term, ...] = tuple(sorted(_TERMS, key=lambda term: term.word.lower()))
