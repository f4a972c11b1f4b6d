"""For those who work on Heatcheck: benchmarks, pictures, the cards of the docs. Not installed."""
