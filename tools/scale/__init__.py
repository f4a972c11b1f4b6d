"""How runs grow: memory, time a cell, and what the driver costs."""
