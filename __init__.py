"""Heatcheck: which attribution method may we trust, for this model, on these images?

The repository's root is this package, so that its folders are `heatcheck.attribution`,
`heatcheck.metrics` and so on (docs/decisions/015-one-package.md).
"""
