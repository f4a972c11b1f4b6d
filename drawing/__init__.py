"""How maps, numbers and charts look, the same on pages and in the report. Arrays and tables in, PNG
bytes, figures and words out.
"""
