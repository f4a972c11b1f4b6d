"""What the verbs of the command line do, by subject. Heavy libraries are imported inside functions,
so that `heatcheck --help` is quick.
"""
