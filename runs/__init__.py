"""How a question becomes a table: specs, cells, the worker, the engine, experiments, the store."""
