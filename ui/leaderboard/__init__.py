"""Leaderboard: closer looks at a run's standings."""
