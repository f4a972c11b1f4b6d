"""What pages are made of. Besides pages/, dashboard.py and asgi.py the only place that imports
streamlit; never runs torch.
"""
