"""What is explained: images and image sets, classifiers with their weights and preprocessing. The
one room for untrusted bytes and foreign code.
"""
