"""Session: seats, the host's side, the ballot, the results."""
