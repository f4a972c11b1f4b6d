"""What a run lets one say: means and intervals, standings, evidence, claims and verdicts, advice,
the conclusion. Scores in, values and sentences out.
"""
