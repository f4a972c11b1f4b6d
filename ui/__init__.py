"""Widgets, figures, drawings. With pages/ and dashboard.py alone may import streamlit; never runs
torch.
"""
