"""What the server process holds, whoever asks: the store, the workbench, the runs it started. No
page.
"""
