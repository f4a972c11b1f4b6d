"""The options that say where and how far a run goes: what they take, and what they refuse."""

from __future__ import annotations

import argparse
from dataclasses import replace

import pytest

from heatcheck import cli
from heatcheck.commands import runs
from heatcheck.commands.scale import check_together
from heatcheck.core.errors import BadParameter
from heatcheck.runs import specs
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.runs import put_in_state


def parsed(*words: str) -> argparse.Namespace:
    return cli.parser().parse_args(["run", *words])


@pytest.mark.parametrize(
    ("option", "word", "value"),
    [
        ("workers", "1", 1),
        ("workers", "64", 64),
        ("cluster", "tcp://node-1:8786", "tcp://node-1:8786"),
        ("cluster", "tls://[::1]:1", "tls://[::1]:1"),
        ("cluster", " shared/scheduler.json ", "shared/scheduler.json"),
        ("shard", "1/1", (1, 1)),
        ("shard", "3/12", (3, 12)),
        ("shard", " 12 / 12 ", (12, 12)),
        ("keep_maps", "all", "all"),
        ("keep_maps", "none", "none"),
        ("keep_maps", "0200", "200"),
        ("until", "deletion:grad_cam,smoothgrad", "deletion:grad_cam,smoothgrad"),
        ("until", " insertion : rise , smoothgrad-1a2b3c ", "insertion:rise,smoothgrad-1a2b3c"),
    ],
)
def test_what_an_option_takes(option: str, word: str, value: object) -> None:
    name = {"until": "until-decided"}.get(option, option.replace("_", "-"))
    assert getattr(parsed(f"--{name}={word}"), option) == value


def test_all_of_them_may_be_left_out() -> None:
    for option in ("workers", "cluster", "shard", "keep_maps", "until"):
        assert getattr(parsed(), option) is None


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("--workers=0", "expected 1 to 64 workers. Got 0"),
        ("--workers=65", "expected 1 to 64 workers. Got 65"),
        ("--workers=-1", "expected 1 to 64 workers. Got -1"),
        ("--workers=two", "expected a whole number. Got 'two'"),
        ("--cluster=", "expected tcp://HOST:PORT or a scheduler's file"),
        ("--cluster=http://node:8787", "Got 'http://node:8787'"),
        ("--cluster=tcp://node", "Got 'tcp://node'"),
        ("--cluster=tcp://:8786", "Got 'tcp://:8786'"),
        ("--cluster=tcp://node:0", "Got 'tcp://node:0'"),
        ("--cluster=tcp://node:70000", "Got 'tcp://node:70000'"),
        ("--shard=0/4", "expected I/N with I from 1 to N, as 1/4. Got '0/4'"),
        ("--shard=5/4", "Got '5/4'"),
        ("--shard=1", "Got '1'"),
        ("--shard=1/0", "Got '1/0'"),
        ("--shard=-1/4", "Got '-1/4'"),
        ("--shard=1/4/2", "Got '1/4/2'"),
        ("--shard=²/4", "Got '²/4'"),
        ("--keep-maps=0", "expected all, none, or a number of images from 1 up. Got '0'"),
        ("--keep-maps=-3", "Got '-3'"),
        ("--keep-maps=some", "Got 'some'"),
        ("--until-decided=deletion", "expected METRIC:METHOD,METHOD"),
        ("--until-decided=deletion:grad_cam", "expected METRIC:METHOD,METHOD"),
        ("--until-decided=:grad_cam,random", "expected METRIC:METHOD,METHOD"),
        ("--until-decided=deletion:a,b,c", "Got 'deletion:a,b,c'"),
        ("--until-decided=deletion:a,a", "expected two methods. Got 'a' twice"),
    ],
)
def test_what_an_option_refuses(line: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        parsed(line)
    assert end.value.code == 2
    assert said in capsys.readouterr().err


def test_what_excludes_each_other_is_refused() -> None:
    check_together(parsed("--workers", "2", "--shard", "1/2", "--keep-maps", "none"))
    with pytest.raises(BadParameter, match="Expected --workers on this machine or a --cluster"):
        check_together(parsed("--workers", "1", "--cluster", "tcp://node:8786"))
    decided = ("--until-decided", "deletion:grad_cam,random")
    check_together(parsed("--workers", "2", *decided))
    with pytest.raises(BadParameter, match="Expected --shard or --until-decided"):
        check_together(parsed("--shard", "1/2", *decided))


def test_resume_takes_who_computes_alone() -> None:
    arguments = cli.parser().parse_args(["resume", "abc", "--workers", "3"])
    assert arguments.workers == 3
    check_together(arguments)
    with pytest.raises(SystemExit):
        cli.parser().parse_args(["resume", "abc", "--shard", "1/2"])


def test_a_run_that_has_ended_says_that_its_maps_stay(store: Store) -> None:
    spec = specs.ask(methods=["edges", "random"], metrics=["deletion"], points=3, keep_maps="none")
    store.runs.open(spec)
    assert runs._of_maps_that_stay(spec, store) == []
    put_in_state(store, spec.id, "finished")
    (told,) = runs._of_maps_that_stay(spec, store)
    assert "its maps stay. heatcheck prune drops maps." in told
    assert runs._of_maps_that_stay(replace(spec, keep_maps="all"), store) == []
