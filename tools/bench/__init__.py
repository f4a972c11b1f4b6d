"""Speed, memory and accuracy, measured beside captum and torchcam: `make bench`.

EfficientNet-Lite0 on the sample photographs. Ours runs on the classifier as Heatcheck loads it
(batch norm folded, channels_last), the peer on the plain network with the same weights; both under
the same allocator settings, and both warm. Each figure is the median of ratios of neighbouring
pairs, ours and the peer taking turns, with the quartiles. Run it alone on the machine: it takes
several minutes.

`python -m heatcheck.tools.bench passes` counts the passes of the standard run over five
photographs, and `python -m heatcheck.tools.bench designs` tries ways to read an area off a few
points, minutes each. `python -m heatcheck.tools.bench budget RUN` reads a stored run whose curves
are known (`heatcheck run --points all`, or adaptive) at nine points that are drawn anew fifty
times, and judges it anew from them; a minute, once the run is there.

`python -m heatcheck.tools.bench curves` holds deletion and insertion against RISE's loop, all 20
photographs x the standard methods, at every one of 225 points, and adaptive
areas against exact ones: about an hour. `python -m heatcheck.tools.bench integral` prints the
completeness gaps of Integrated Gradients, a minute; `python -m heatcheck.tools.bench integral 2000`
also holds the maps against as many midpoints, ten minutes.
"""
