"""The queue before the worker: questions first, what may come late last."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from heatcheck.server.jobs import Jobs


def test_questions_go_first_and_what_may_come_late_last() -> None:
    begun, free, done = threading.Event(), threading.Event(), []

    def held() -> None:
        begun.set()
        free.wait(30)

    jobs = Jobs(lambda: ThreadPoolExecutor(1))
    jobs.submit(held)
    assert begun.wait(30)
    waiting = [
        jobs.submit(done.append, "late", late=True),
        jobs.submit(done.append, "first"),
        jobs.submit(done.append, "second"),
        jobs.submit(done.append, "question", question=True),
    ]
    free.set()
    for answer in waiting:
        answer.result(30)
    assert done == ["question", "first", "second", "late"]
    jobs.close()
