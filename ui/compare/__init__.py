"""Compare: choosing an image, a class and methods; panels with heatmaps, scores and curves."""
