"""Simulations of what the judgement promises: seeded, each a table in Markdown, each a word after
`python -m heatcheck.tools.simulate`.
"""
