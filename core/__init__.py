"""What every room needs: the tree of errors, digests, seeded generators, and named values with
parameters. Knows no other room.
"""
