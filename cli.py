"""The command line: heatcheck run | resume | cancel | list | show | export | report | delete |
serve.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from heatcheck.core.errors import BadParameter, HeatcheckError


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; 0 on success, 2 on an error that a person can mend, 130 when stopped."""
    arguments = parser().parse_args(argv)
    leave_the_working_folder()
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    try:
        arguments.command(arguments)
    except HeatcheckError as error:
        print(f"heatcheck: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("heatcheck: stopped; go on with: heatcheck resume RUN", file=sys.stderr)
        return 130
    return 0


def leave_the_working_folder() -> None:
    """Take the working folder off the path, where `python -m` puts it first: a user's `timm.py`
    there is not the library.
    """
    wanted = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    sys.path[:] = [
        entry for entry in sys.path if entry in wanted or (entry and Path(entry) != Path.cwd())
    ]


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    top = argparse.ArgumentParser(
        prog="heatcheck",
        description="Which attribution method may we trust, for this model, on these images?",
    )
    verbs = top.add_subparsers(required=True, metavar="COMMAND")

    run = _verb(
        verbs, "run", _run, "evaluate methods on images; the last line printed is the run's id"
    )
    run.add_argument(
        "spec",
        nargs="?",
        metavar="SPEC.json",
        help="the whole question as a file, instead of the options below",
    )
    run.add_argument(
        "--classifier",
        help="efficientnet_lite0 (default), torchvision:NAME, timm:NAME, module:function",
    )
    _own_options(run)
    run.add_argument(
        "--images",
        help="samples (default), cutouts (where they are installed), or a folder: CLASS/image "
        "gives labels, a flat one none",
    )
    run.add_argument(
        "--only", help="names of images, comma between; all of the folder where left out"
    )
    run.add_argument(
        "--methods",
        help="names, comma between, or all; the standard ones (the four of the textbook and "
        "the controls) where left out",
    )
    run.add_argument(
        "--metrics",
        help="names, comma between, or all that the images allow; the standard ones where left out",
    )
    run.add_argument(
        "--points",
        type=_points,
        help="points of each curve: adaptive (default), all (225, exact), or a number of even ones",
    )
    run.add_argument("--seed", type=int, help="of everything random; 0 where left out")
    run.add_argument("--fresh", action="store_true", help="compute again what is there already")

    resume = _verb(verbs, "resume", _resume, "go on with a run that was stopped or killed")
    resume.add_argument("run", metavar="RUN", help="its id, or the beginning of it")
    resume.add_argument(
        "--lease", type=int, metavar="NUMBER", help="of a lease that a server reserved for this"
    )

    cancel = _verb(
        verbs, "cancel", _cancel, "stop a run after the cell it is at; resume goes on with it"
    )
    cancel.add_argument("run", metavar="RUN", help="its id, or the beginning of it")

    _verb(verbs, "list", _list, "the runs in the store, newest first")

    show = _verb(
        verbs,
        "show",
        _show,
        "print a run's leaderboard and the verdicts on the textbook's claims, as Markdown",
    )
    show.add_argument("run", metavar="RUN", help="its id, or the beginning of it")

    export = _verb(verbs, "export", _export, "write a run's table, curves or maps to files")
    export.add_argument("run", metavar="RUN", help="its id, or the beginning of it")
    export.add_argument("--csv", metavar="FILE", type=Path, help="the tidy table")
    export.add_argument(
        "--json", metavar="FILE", type=Path, help="the spec, the provenance and the tidy table"
    )
    export.add_argument(
        "--curves",
        metavar="FILE.csv",
        type=Path,
        help="columns image, method, metric, fraction, probability",
    )
    export.add_argument(
        "--maps", metavar="DIR", type=Path, help="one IMAGE__METHOD.npy a map, float32 [H,W]"
    )

    report = _verb(
        verbs,
        "report",
        _report,
        "write a run and its team sessions as one HTML file that works offline",
    )
    report.add_argument("run", metavar="RUN", help="its id, or the beginning of it")
    report.add_argument(
        "--out", metavar="FILE.html", type=Path, help="heatcheck-RUN.html where left out"
    )

    delete = _verb(verbs, "delete", _delete, "delete a run with all its scores and maps")
    delete.add_argument("run", metavar="RUN", help="its id, or the beginning of it")
    delete.add_argument("--yes", action="store_true", help="really; it cannot be undone")

    serve = _verb(verbs, "serve", _serve, "start the dashboard")
    serve.add_argument(
        "--images", help="the folder to look at; the sample photographs where left out"
    )
    serve.add_argument(
        "--classifier",
        help="the classifier to look at, as for run; efficientnet_lite0 where left out",
    )
    _own_options(serve)
    serve.add_argument("--port", type=int, default=8501)
    return top


def _points(said: str) -> int | str:
    """A number, or a word."""
    return int(said) if said.lstrip("-").isdigit() else said


def _own_options(verb: argparse.ArgumentParser) -> None:
    """What a checkpoint of one's own needs to be said about."""
    verb.add_argument(
        "--weights",
        metavar="FILE",
        help="a checkpoint of your own for timm:NAME or torchvision:NAME: safetensors, or a "
        "state dict as .pth",
    )
    verb.add_argument("--labels", metavar="FILE", help="its class names, one a line")
    verb.add_argument(
        "--mean",
        help="of its normalisation, in pixels of [0, 1]: one number a channel, comma between",
    )
    verb.add_argument("--std", help="of its normalisation, likewise")
    verb.add_argument("--size", type=int, help="the side of its input in pixels")


def _classifier(arguments: argparse.Namespace) -> str | None:
    """The classifier's name as the options say it; a network of one's own gets the digest of its
    weights into it.
    """
    from heatcheck.inputs import own_networks

    said = {
        key: value
        for key in ("weights", "labels", "mean", "std", "size")
        if (value := getattr(arguments, key)) is not None
    }
    name: str | None = arguments.classifier
    if said and not name:
        raise BadParameter(
            "Expected --classifier timm:NAME or torchvision:NAME beside "
            f"--{', --'.join(said)}. Got none."
        )
    if not name or "?" in name:
        return name
    library, colon, _ = name.partition(":")
    return (
        own_networks.asked(name, **said)
        if said or (colon and library not in own_networks.LIBRARIES)
        else name
    )


def _verb(
    verbs: argparse._SubParsersAction[argparse.ArgumentParser],
    name: str,
    command: object,
    help: str,
) -> argparse.ArgumentParser:
    verb = verbs.add_parser(name, help=help, description=help[0].upper() + help[1:] + ".")
    verb.set_defaults(command=command)
    verb.add_argument(
        "--store",
        metavar="URL",
        help="a SQLAlchemy URL; HEATCHECK_DATABASE_URL, or SQLite in the user's data folder",
    )
    return verb


def _run(arguments: argparse.Namespace) -> None:
    from heatcheck.runs import specs

    options = ("classifier", "images", "only", "methods", "metrics", "points", "seed")
    given = {name: value for name in options if (value := getattr(arguments, name)) is not None}
    if not arguments.spec and (classifier := _classifier(arguments)):
        given["classifier"] = classifier
    if arguments.spec and given:
        raise BadParameter(
            f"Expected a spec file or options. Got both: {arguments.spec} and "
            f"--{', --'.join(given)}. Put them into the file."
        )
    if arguments.spec:
        spec = specs.read(Path(arguments.spec))
    else:
        for listed in ("only", "methods", "metrics"):
            if listed in given:
                given[listed] = [name.strip() for name in given[listed].split(",") if name.strip()]
        if "images" in given:
            given["source"] = given.pop("images")
        spec = specs.ask(**given)
    _execute(spec, arguments.store, fresh=arguments.fresh)


def _resume(arguments: argparse.Namespace) -> None:
    from heatcheck.core.errors import RunProblem
    from heatcheck.runs.store import Store

    run = Store(arguments.store).runs.get(arguments.run)
    if run.spec.id != run.id:
        raise RunProblem(
            f"Run {run.id} was made by another version of Heatcheck, for which its question has "
            "another id. Expected one of this version. Ask it anew with: heatcheck run"
        )
    _execute(run.spec, arguments.store, reserved=arguments.lease)


def _execute(
    spec: object, url: str | None, *, fresh: bool = False, reserved: int | None = None
) -> None:
    from heatcheck.runs import engine, worker
    from heatcheck.runs.specs import RunSpec
    from heatcheck.runs.store import Store

    assert isinstance(spec, RunSpec)
    store = Store(url)
    if fresh and any(run.id == spec.id for run in store.runs.all()):
        store.runs.delete(spec.id)
    print(
        f"run {spec.id}: {len(spec.images)} images x {len(spec.methods)} methods x "
        f"{len(spec.metrics)} metrics, {spec.classifier}"
    )
    with worker.local_workers() as workers:
        run = engine.execute(spec, store, workers, _print_progress, reserved)
    known = store.runs.get(run)
    if known.status == "cancelled":
        print(
            f"{chr(10) if sys.stdout.isatty() else ''}stopped after {known.done} of "
            f"{known.total} steps; go on with: heatcheck resume {run}"
        )
        return
    print(
        f"{chr(10) if sys.stdout.isatty() else ''}{known.done} steps, {known.failures} "
        f"scores failed; read it with: heatcheck export {run} --csv FILE"
    )
    print(run)


def _print_progress(progress: object) -> None:
    if sys.stdout.isatty():
        print(f"\r\x1b[K{progress}", end="", flush=True)
    else:
        print(progress, flush=True)


def _cancel(arguments: argparse.Namespace) -> None:
    from heatcheck.runs.store import Store

    store = Store(arguments.store)
    run = store.runs.id_of(arguments.run)
    status = store.runs.ask_to_stop(run)
    how = "stops after the cell it is at" if status == "running" else "is cancelled"
    print(f"run {run} {how}; go on with: heatcheck resume {run}")


def _delete(arguments: argparse.Namespace) -> None:
    from heatcheck.runs.store import Store

    store = Store(arguments.store)
    run = store.runs.id_of(arguments.run)
    if not arguments.yes:
        raise BadParameter(
            f"Expected --yes to delete run {run} with all its scores and maps. It "
            f"cannot be undone. Say: heatcheck delete {run} --yes"
        )
    store.runs.delete(run)
    print(f"run {run} and its scores and maps are deleted")


def _list(arguments: argparse.Namespace) -> None:
    from heatcheck.runs.store import Store

    store = Store(arguments.store)
    runs, foreign = store.runs.all(), store.runs.foreign()
    if not runs and not foreign:
        print("No runs yet. Start one with: heatcheck run")
    for run in runs:
        spec = run.spec
        size = (
            f"{len(spec.images)} images x {len(spec.methods)} methods x {len(spec.metrics)} metrics"
        )
        print(
            f"{run.id}  {run.status:<11}  {run.done}/{run.total} steps  {run.failures} "
            f"failed  {run.asked_at:%Y-%m-%d %H:%M}  {spec.classifier}, {size}"
        )
    for other in foreign:
        print(f"{other.id}  made by another version: {other.reason}")


def _show(arguments: argparse.Namespace) -> None:
    from heatcheck.judgement import conclusion, verdicts
    from heatcheck.judgement.phrases import interval, title_of
    from heatcheck.judgement.standings import standings
    from heatcheck.metrics import METRICS
    from heatcheck.runs.store import Store

    store = Store(arguments.store)
    run = store.runs.get(arguments.run)
    table = store.results.table(run.id)
    print(
        f"Run {run.id}, {run.status}: {run.spec.classifier}, {len(run.spec.images)} "
        f"images, {run.done} of {run.total} steps\n"
    )
    print(conclusion.answer(table) + "\n")
    found = standings(table, [metric for metric in METRICS if metric in set(table["metric"])])
    shown = list(dict.fromkeys(standing.metric for standing in found))
    print(
        "| method | "
        + " | ".join(
            f"{METRICS[metric].title} ({METRICS[metric].better} is better)" for metric in shown
        )
        + " |"
    )
    print("|---|" + "---:|" * len(shown))
    for method in dict.fromkeys(standing.method for standing in found):
        cells = [
            interval(standing.estimate) + standing.remark
            for standing in found
            if standing.method == method
        ]
        print(f"| {title_of(method)} | " + " | ".join(cells) + " |")
    print("\n| claim | verdict | measured |\n|---|---|---|")
    for verdict in verdicts.judge(table, store.results.findings(run.id)):
        print(
            f"| {title_of(verdict.claim.about)}: {verdict.claim.words} | {verdict.mark} | "
            f"{verdict.sentence} |"
        )


def _export(arguments: argparse.Namespace) -> None:
    import json
    from urllib.parse import quote

    import numpy as np

    from heatcheck.runs.csv_text import csv_of
    from heatcheck.runs.store import Store

    store = Store(arguments.store)
    run = store.runs.get(arguments.run)
    wanted = [
        path for path in (arguments.csv, arguments.json, arguments.curves, arguments.maps) if path
    ]
    if not wanted:
        raise BadParameter(
            "Expected at least one of --csv, --json, --curves, --maps. Got none. Say "
            "what to write, and where."
        )
    try:
        for path in wanted:
            path.parent.mkdir(parents=True, exist_ok=True)
        if arguments.csv:
            arguments.csv.write_text(csv_of(store.results.table(run.id)))
        if arguments.json:
            rows = json.loads(
                store.results.table(run.id).to_json(orient="records", double_precision=15)
            )
            whole = {
                "run": run.id,
                "status": run.status,
                "spec": run.spec.as_json(),
                "provenance": run.provenance,
                "rows": rows,
            }
            arguments.json.write_text(json.dumps(whole, indent=1))
        if arguments.curves:
            arguments.curves.write_text(csv_of(store.results.curves(run.id)))
        if arguments.maps:
            arguments.maps.mkdir(exist_ok=True)
            for image, method, heat in store.results.maps(run.id):
                np.save(arguments.maps / f"{quote(image, safe=' ')}__{method}.npy", heat)
    except OSError as error:
        raise BadParameter(
            f"Expected to write {error.filename}. {error.strerror}. Choose a place that "
            "can be written."
        ) from error
    print(f"run {run.id} ({run.status}): wrote {', '.join(str(path) for path in wanted)}")


def _report(arguments: argparse.Namespace) -> None:
    import time

    from heatcheck.report import build
    from heatcheck.review.store import Reviews
    from heatcheck.runs.store import Store

    store = Store(arguments.store)
    run = store.runs.get(arguments.run)
    began = time.monotonic()
    page = build(store, run.id, Reviews(store).outcomes(run.id)).encode()
    path = arguments.out or Path(f"heatcheck-{run.id[:6]}.html")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(page)
    except OSError as error:
        raise BadParameter(
            f"Expected to write {path}. {error.strerror}. Choose a place that can be written."
        ) from error
    print(
        f"run {run.id} ({run.status}): wrote {path}, {len(page) / 1e6:.1f} MB in "
        f"{time.monotonic() - began:.1f} s"
    )


def _serve(arguments: argparse.Namespace) -> None:
    from heatcheck.inputs import classifiers, images
    from heatcheck.runs.database import absolute

    classifier = _classifier(arguments)
    settings = {
        "HEATCHECK_DATABASE_URL": absolute(arguments.store) if arguments.store else None,
        "HEATCHECK_CLASSIFIER": classifier,
    }
    if arguments.images:
        images.load(arguments.images)  # a wrong folder is told now, not in the browser
        settings["HEATCHECK_IMAGES"] = images.absolute(arguments.images)
    if classifier:
        classifiers.check_name(classifier)
    os.environ.update({key: value for key, value in settings.items() if value})
    from heatcheck import asgi

    asgi.serve(arguments.port)


if __name__ == "__main__":
    sys.exit(main())
