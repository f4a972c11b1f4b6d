"""Team sessions: invitations, blind pairs, votes, tallies, decisions. Knows evaluation; never shows anything itself."""
