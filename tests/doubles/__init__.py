"""What several tests use: planted tables and runs, an executor in this thread, a small network,
Chromium.
"""
