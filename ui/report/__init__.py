"""Report: choosing what goes in, and the download."""
