"""How far a run in this process is: a bar in a notebook or a terminal."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from heatcheck.runs.progress import Progress
from heatcheck.runs.store import Store

BAR = "{percentage:3.0f} %|{bar:24}| {elapsed}<{remaining} {desc}"


@contextmanager
def told(store: Store, run: str, *, shown: bool) -> Iterator[Callable[[Progress], None]]:
    """What is told of each step as it is kept; a bar where it is to be shown."""
    if not shown:
        yield lambda progress: None
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a notebook without its widgets gets a bar of text
        from tqdm.auto import tqdm
    known = store.runs.get(run)
    with tqdm(total=known.total, initial=known.done, bar_format=BAR, leave=True) as bar:

        def tell(progress: Progress) -> None:
            bar.update(store.runs.get(run).done - bar.n)
            bar.set_description_str(f"{progress.done}; {progress.last}")

        yield tell
        ended = store.runs.get(run)
        bar.update(ended.done - bar.n)
        bar.set_description_str(ended.so_far)


def say(sentences: tuple[str, ...]) -> None:
    """Tell sentences where progress is told."""
    for sentence in sentences:
        print(f"heatcheck: {sentence}", file=sys.stderr)
