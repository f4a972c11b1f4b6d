"""The viewer: heatmaps side by side, drawn in the browser."""
