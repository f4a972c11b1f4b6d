"""Team sessions: invitations, blind pairs, votes, tallies, decisions. Knows runs and judgement;
never shows anything itself.
"""
