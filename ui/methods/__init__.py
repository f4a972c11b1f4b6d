"""Methods: a card each."""
