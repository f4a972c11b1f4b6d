"""The command line: heatcheck run | resume | verify | extend | merge | cancel | list | show |
gate | export | report | delete | prune | backup | serve | sessions | doctor. What the verbs do
stands in commands/.

Nothing is imported at the head that takes time: from the first moment on, Ctrl-C ends in one line.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    Command = Callable[[argparse.Namespace], int | None]

PIPE_CLOSED = 141  # what a shell sees of a program that SIGPIPE ended
STOPPED = 130  # and of one that SIGINT ended
LONGEST = 2000  # characters of a message
NO_SPACE = 28  # the operating system's number for a full disk


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; 0 on success, 1 where a gate is shut, 2 on an error that a person can mend,
    130 when stopped, 141 when nobody reads the output any more.
    """
    try:
        return _run(argv)
    except KeyboardInterrupt as stop:
        words = ["stopped", *getattr(stop, "__notes__", ())]
        print(
            f"{chr(10) if sys.stderr.isatty() else ''}heatcheck: {'; '.join(words)}",
            file=sys.stderr,
        )
        return STOPPED
    except BrokenPipeError:
        _drop_output()
        return PIPE_CLOSED
    except OSError as error:
        if error.errno != NO_SPACE:
            raise
        _drop_output()
        print("heatcheck: Expected room for the output. The disk is full.", file=sys.stderr)
        return 2


def _run(argv: Sequence[str] | None) -> int:
    from heatcheck.core.errors import HeatcheckError

    _write_any_character()
    try:
        arguments = parser().parse_args(argv)
        leave_the_working_folder()
        import logging

        logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
        if arguments.plugin:
            from heatcheck.commands.plugins import load

            load(arguments.plugin)
        code: int | None = arguments.command(arguments)
    except HeatcheckError as error:
        print(f"heatcheck: {_printable(str(error))}", file=sys.stderr)
        return 2
    finally:
        sys.stdout.flush()  # a closed pipe is noticed here, not while Python ends
    return code or 0


def _write_any_character() -> None:
    """A name that the terminal's encoding lacks is written with escapes; without an output, words
    go nowhere.
    """
    from io import TextIOWrapper

    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _printable(message: str) -> str:
    """A message as a terminal may show it: control characters as escapes, the middle of a long one
    left out.
    """
    text = "".join(
        character if character.isprintable() or character == "\n" else ascii(character)[1:-1]
        for character in message
    )
    if len(text) <= LONGEST:
        return text
    return f"{text[: LONGEST // 2]} [...] {text[-LONGEST // 2 :]}"


def _drop_output() -> None:
    """What is still to be written goes nowhere, so that Python's end is quiet."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())


def leave_the_working_folder() -> None:
    """Take the working folder off the path, where `python -m` puts it first: a user's `timm.py`
    there is not the library.
    """
    from pathlib import Path

    named = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    wanted = {str(Path(entry).absolute()) for entry in named}
    sys.path[:] = [
        entry for entry in sys.path if entry in wanted or (entry and Path(entry) != Path.cwd())
    ]


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    import argparse
    from pathlib import Path

    from heatcheck.commands import (
        doctor,
        exports,
        gate,
        growing,
        options,
        question_options,
        runs,
        scale,
        serving,
        sessions,
        upkeep,
        verification,
    )

    top = argparse.ArgumentParser(
        prog="heatcheck",
        description="Which attribution method may we trust, for this model, on these images?",
    )
    top.add_argument("--version", action=options.Version, help="print the version and stop")
    verbs = top.add_subparsers(required=True, metavar="COMMAND")

    run = _verb(
        verbs, "run", runs.run, "evaluate methods on images; the last line printed is the run's id"
    )
    question_options.add_question(run)
    scale.add_scale(run)
    run.add_argument(
        "--dry-run",
        action="store_true",
        help="say how much, how long and how large the run would be, and stop",
    )
    run.add_argument("--fresh", action="store_true", help="compute again what is there already")
    question_options.add_device(run)

    resume = _verb(verbs, "resume", runs.resume, "go on with a run that was stopped or killed")
    options.add_run(resume)
    resume.add_argument(
        "--lease",
        type=options.whole_number,
        metavar="NUMBER",
        help="of a lease that a server reserved for this",
    )
    scale.add_workers(resume)
    question_options.add_device(resume)

    verified = _verb(
        verbs,
        "verify",
        verification.verify,
        "compute some maps of a run again, and say how far they lie from what the store has",
    )
    options.add_run(verified)
    verified.add_argument(
        "--sample",
        metavar="N",
        type=options.sample,
        default=0.05,
        help="how many maps: a number, or a share such as 5%% (default); at least one",
    )
    verified.add_argument(
        "--seed", type=options.whole_number, default=0, help="that draws them; 0 where left out"
    )
    verified.add_argument(
        "--tolerance",
        metavar="X",
        type=options.tolerance,
        help="how far apart two numbers may lie, of 1 and their size; 0.0001 where left out, 0 for "
        "the last bit",
    )
    question_options.add_device(verified)

    grown = _verb(
        verbs,
        "extend",
        growing.extend,
        "add methods or images to a run: a new run, in which what stays the same is not computed",
    )
    options.add_run(grown)
    grown.add_argument("--methods", help="names to add, comma between")
    grown.add_argument(
        "--images", help="names of images of its folder to add, comma between, or all"
    )
    grown.add_argument(
        "--sample",
        type=options.whole_number,
        metavar="N",
        help="draw so many images, more than it had",
    )
    scale.add_workers(grown)
    question_options.add_device(grown)

    merged = _verb(
        verbs, "merge", growing.merge, "bring the shards of a run into one store and end it there"
    )
    merged.add_argument("shards", metavar="STORE", nargs="+", help="a file of SQLite, or a URL")
    merged.add_argument("--run", metavar="RUN", help="which run, where the shards have several")
    scale.add_workers(merged)
    question_options.add_device(merged)

    pruned = _verb(verbs, "prune", upkeep.prune, "drop maps of finished runs, or old runs")
    pruned.add_argument(
        "--maps",
        metavar="N",
        type=options.whole_number,
        help="keep the maps of N images a run, drawn with its seed",
    )
    pruned.add_argument(
        "--older",
        metavar="DAYS",
        type=options.whole_number,
        help="delete runs that ended longer ago",
    )
    options.add_yes(pruned)

    copy = _verb(
        verbs, "backup", upkeep.backup, "copy the store into a new file, while others write"
    )
    copy.add_argument("file", metavar="FILE", type=Path, help="that is not there yet")

    cancel = _verb(
        verbs, "cancel", runs.cancel, "stop a run after the step it is at; resume goes on with it"
    )
    options.add_run(cancel)

    _verb(verbs, "list", runs.list_runs, "the runs in the store, newest first")

    show = _verb(
        verbs,
        "show",
        exports.show,
        "print a run's leaderboard and the verdicts on the textbook's claims, as Markdown",
    )
    options.add_run(show)

    held = _verb(
        verbs,
        "gate",
        gate.gate,
        "hold a run against rules, for a build that fails where explanations got worse",
    )
    options.add_run(held)
    held.add_argument("rules", metavar="RULES.toml", type=Path, help="see docs/command-line.md")
    held.add_argument(
        "--baseline", metavar="RUN", help="the run before, for the rule “no verdict turned”"
    )
    held.add_argument(
        "--junit", metavar="FILE.xml", type=Path, help="write the outcome as JUnit XML too"
    )

    export = _verb(verbs, "export", exports.export, "write a run's table, curves or maps to files")
    options.add_run(export)
    export.add_argument("--csv", metavar="FILE", type=Path, help="the tidy table")
    export.add_argument(
        "--json", metavar="FILE", type=Path, help="the question, where it ran and the tidy table"
    )
    export.add_argument(
        "--curves",
        metavar="FILE.csv",
        type=Path,
        help="columns image, method, metric, fraction, probability, energy_gap",
    )
    export.add_argument(
        "--maps", metavar="DIR", type=Path, help="one IMAGE__METHOD.npy a map, float32 [H,W]"
    )

    report = _verb(
        verbs,
        "report",
        exports.report,
        "write a run, or a run against an earlier one, as HTML, Markdown, PDF or JSON",
    )
    options.add_run(report)
    report.add_argument(
        "--against", metavar="RUN2", help="an earlier run: what changed since, with intervals"
    )
    report.add_argument(
        "--format",
        metavar="FORMAT",
        help="html, md, pdf, json, or card (a Markdown section for a model card); by the ending "
        "of --out where left out, else html",
    )
    report.add_argument("--out", metavar="FILE", type=Path, help="heatcheck-RUN.ENDING")

    delete = _verb(verbs, "delete", runs.delete, "delete a run with all its scores and maps")
    options.add_run(delete)
    options.add_yes(delete)

    serve = _verb(verbs, "serve", serving.serve, "start the dashboard")
    serve.add_argument(
        "--images", help="the folder to look at; the sample photographs where left out"
    )
    serve.add_argument(
        "--classifier",
        help="the classifier to look at, as for run; efficientnet_lite0 where left out",
    )
    question_options.add_network(serve)
    question_options.add_fit(serve)
    question_options.add_device(serve)
    serve.add_argument("--port", type=options.port, default=8501)
    serve.add_argument(
        "--address",
        default="127.0.0.1",
        help="where to listen; 127.0.0.1 where left out: this machine alone",
    )
    serve.add_argument(
        "--public-url", metavar="URL", help="the address that others know the server by"
    )
    serve.add_argument(
        "--open",
        action="store_true",
        help="let in whoever reaches an --address beyond this machine; there is no sign-in",
    )

    reviews = _verb(
        verbs,
        "sessions",
        sessions.sessions,
        "the team sessions in the store, and what to do with a lost one",
    )
    reviews.add_argument(
        "--new-host", metavar="ID", help="print a new host's link; the one before opens nothing"
    )
    reviews.add_argument("--delete", metavar="ID", help="delete a session with all its votes")
    options.add_yes(reviews)
    reviews.add_argument(
        "--public-url",
        metavar="URL",
        help="where the server is, for the link; HEATCHECK_PUBLIC_URL, else this machine",
    )

    check = _verb(
        verbs, "doctor", doctor.doctor, "say what is installed here, and what a run still needs"
    )
    check.add_argument("--json", action="store_true", help="the same for programs")
    return top


def _verb(
    verbs: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    command: Command,
    help: str,
) -> argparse.ArgumentParser:
    from heatcheck.commands import options

    verb = verbs.add_parser(name, help=help, description=help[0].upper() + help[1:] + ".")
    verb.set_defaults(command=command)
    verb.add_argument(
        "--store",
        metavar="URL",
        help="a SQLAlchemy URL; HEATCHECK_DATABASE_URL, or SQLite in the user's data folder",
    )
    options.add_plugins(verb)
    return verb


if __name__ == "__main__":
    sys.exit(main())
