"""Strengths and limitations: claims with their evidence, cards, advice."""
