"""What a run says: the answer in a line, the table at a glance, strengths and limitations."""
