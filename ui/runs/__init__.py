"""Runs: the list of runs, and the form that starts one."""
