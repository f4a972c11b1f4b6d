"""Pretenders: maps that look like evidence of a model and a class and are none. What is said of
them is what the words are worth.

    python -m heatcheck.tools.pretenders [IMAGES]
"""
