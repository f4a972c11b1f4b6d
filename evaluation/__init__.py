"""Images, classifiers, runs, statistics, verdicts. Knows attribution and metrics; no page, no network of its own."""
