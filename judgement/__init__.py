"""What a table lets one say: means and intervals, standings, evidence, claims and verdicts, advice,
the conclusion. Tables in, values and sentences out.
"""
