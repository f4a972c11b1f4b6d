"""What several pages draw: the frame, tables, parameters, marks and safe Markdown."""
