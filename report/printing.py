"""A page as PDF: printed by a Chromium of the machine, in a process of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from heatcheck.core.errors import BadParameter
from heatcheck.core.numbers import in_full

VARIABLE = "HEATCHECK_CHROMIUM"
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
LIMIT = 300.0  # seconds that printing may take
WORK = 20_000  # milliseconds of a page's own time, in which it draws its charts
ADVICE = f"Install a Chromium, name one in {VARIABLE}, or write --format html and print that."


def chromium() -> str | None:
    """The path of the Chromium that prints; None where there is none."""
    named = os.environ.get(VARIABLE, "").strip()
    return next(
        (path for name in ([named] if named else NAMES) if (path := shutil.which(name))), None
    )


def printed(page: str, limit: float = LIMIT) -> bytes:
    """An HTML page as PDF.

    Raises:
        BadParameter: there is no Chromium, or it does not print the page within `limit` seconds.
    """
    browser = chromium()
    if browser is None:
        named = os.environ.get(VARIABLE, "").strip()
        what = f"{VARIABLE}={named}, which is no program" if named else "none"
        raise BadParameter(f"Expected a Chromium to print with. Got {what}. {ADVICE}")
    with tempfile.TemporaryDirectory(prefix="heatcheck-", ignore_cleanup_errors=True) as folder:
        source, target = Path(folder) / "report.html", Path(folder) / "report.pdf"
        source.write_text(page, encoding="utf-8")
        command = [
            browser,
            "--headless",
            "--disable-gpu",
            "--no-first-run",
            f"--user-data-dir={Path(folder) / 'profile'}",
            f"--virtual-time-budget={WORK}",
            "--no-pdf-header-footer",
            f"--print-to-pdf={target}",
            *(["--no-sandbox"] if _root() else []),
            source.as_uri(),
        ]
        log = Path(folder) / "log"
        try:
            with log.open("wb") as said:  # no pipe: a child may hold it for ever
                done = subprocess.run(command, stdout=said, stderr=said, timeout=limit, check=False)
        except subprocess.TimeoutExpired as error:
            raise BadParameter(
                f"Expected {browser} to print the report within {in_full(limit)} seconds. "
                f"Got nothing. {ADVICE}"
            ) from error
        except OSError as error:
            raise BadParameter(
                f"Expected to start {browser}. Got: {error.strerror}. {ADVICE}"
            ) from error
        if not target.is_file() or not target.stat().st_size:
            last = log.read_text(errors="replace").strip().splitlines()[-1:]
            raise BadParameter(
                f"Expected a PDF from {browser}. Got none (exit {done.returncode}). "
                f"{' '.join(last)} {ADVICE}"
            )
        return target.read_bytes()


def _root() -> bool:
    """Whether the user is root, whom Chromium refuses its sandbox."""
    return hasattr(os, "geteuid") and os.geteuid() == 0
