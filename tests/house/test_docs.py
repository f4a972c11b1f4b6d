"""The docs say what is there: every entry, parameter, command, setting, folder and path."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys
from pathlib import Path

import pytest

from heatcheck import cli
from heatcheck.attribution import METHODS
from heatcheck.metrics import METRICS
from heatcheck.tests.doubles.tree import ROOT, modules, tracked


@pytest.mark.parametrize(
    ("registry", "page"),
    [(METHODS, "methods.md"), (METRICS, "metrics.md")],
    ids=["methods", "metrics"],
)
def test_docs_have_a_card_for_every_entry_and_for_each_of_its_parameters(
    registry: dict[str, type], page: str
) -> None:
    text = (ROOT / "docs" / page).read_text()
    for name, cls in registry.items():
        match = re.search(rf"^## .*\(`{name}`\)\n(.*?)(?=^## |\Z)", text, re.M | re.S)
        assert match, f"docs/{page} has no card for {name}"
        for field in dataclasses.fields(cls):
            assert f"`{field.name}`" in match[1], (
                f"docs/{page}: the card of {name} does not name {field.name}"
            )
            default = (
                "empty"
                if field.default == ""
                else f"{field.default:g}"
                if isinstance(field.default, int | float)
                else str(field.default)
            )
            assert default in match[1], (
                f"docs/{page}: the card of {name} does not give {field.name}'s default, {default}"
            )
        if cls.cite.url.startswith("http"):
            assert cls.cite.url in text


def test_the_cards_are_what_methods_and_metrics_declare_and_cost() -> None:
    from heatcheck.tools.write_cards import (
        CLAIMS_PAGE,
        GLOSSARY_PAGE,
        METRICS_PAGE,
        PAGE,
        cards,
        claims_tables,
        metric_cards,
        terms,
        written,
    )

    for page, made in (
        (PAGE, cards()),
        (METRICS_PAGE, metric_cards()),
        (CLAIMS_PAGE, claims_tables()),
        (GLOSSARY_PAGE, terms()),
    ):
        assert page.read_text() == written(page.read_text(), made), "run tools/write_cards.py"


def test_every_parameter_says_why_its_default_is_that() -> None:
    assert all(method.cannot.endswith(".") for method in METHODS.values())
    for name, one in [*METHODS.items(), *METRICS.items()]:
        for field in dataclasses.fields(one):
            assert field.metadata["why"].endswith("."), f"{name}.{field.name}"
            assert field.metadata["help"].endswith("."), f"{name}.{field.name}"


def test_every_metric_says_what_it_is() -> None:
    for name, metric in METRICS.items():
        low, high = metric.bounds
        assert low < high
        for said in (
            metric.summary,
            metric.misleads,
            *(side.what for side in metric.sides.values()),
        ):
            assert said.endswith("."), f"{name}: {said}"
        assert metric.__doc__
        assert metric.formula
        assert metric.unit


def test_docs_name_every_command_option_and_setting() -> None:
    text = (ROOT / "docs" / "command-line.md").read_text()
    verbs = next(action for action in cli.parser()._actions if action.choices)
    assert verbs.choices
    for verb, parser in verbs.choices.items():  # type: ignore[union-attr]
        assert f"heatcheck {verb}" in text
        for action in parser._actions:
            for option in action.option_strings:
                assert option in ("-h", "--help") or f"`{option}" in text or f"[{option}" in text, (
                    f"{verb} {option}"
                )
    code = "".join((ROOT / name).read_text() for name in modules())
    for setting in set(re.findall(r"HEATCHECK_[A-Z_]+", code)):
        assert setting in text


PAGES = [name for name in tracked(".md") if name != "CHANGELOG.md"]


@pytest.mark.parametrize("page", PAGES)
def test_links_in_the_docs_lead_somewhere(page: str) -> None:
    for link in re.findall(r"\]\(([^)#]+)", (ROOT / page).read_text()):
        there = (ROOT / page).parent / link
        assert link.startswith("http") or there.exists(), f"{page}: {link}"


@pytest.mark.parametrize("page", PAGES)
def test_paths_that_the_docs_name_exist(page: str) -> None:
    """A path in backquotes that starts at one of our folders: `runs/store.py`, `ui/shared/`."""
    folders = {name.partition("/")[0] for name in tracked() if "/" in name}
    for path in re.findall(r"`([\w.-]+/[\w./*-]*)(?:::\w+)?`", (ROOT / page).read_text()):
        if path.partition("/")[0] in folders:
            assert any(ROOT.glob(path.rstrip("/"))), f"{page}: {path}"


def test_the_readme_is_read_in_a_few_minutes() -> None:
    """At most 900 words before its limits, tables and code counted too."""
    before = (ROOT / "README.md").read_text().partition("\n## Limits\n")[0]
    assert len(before.split()) <= 900
    assert "docs/results.md" in before


def code_blocks(page: str) -> list[str]:
    return re.findall(r"^```python\n(.*?)^```", (ROOT / page).read_text(), re.M | re.S)


@pytest.mark.long
def test_the_code_in_the_readme_runs_from_any_folder(tmp_path: Path) -> None:
    (tmp_path / "readme.py").write_text("\n".join(code_blocks("README.md")))
    done = subprocess.run(
        [sys.executable, "readme.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    assert "on mean, blur and black" in done.stdout


def test_decision_001_shows_each_folder_and_no_other() -> None:
    """And the modules in the root."""
    page = (ROOT / "docs" / "decisions" / "001-the-house.md").read_text()
    named = re.findall(r"^    ([\w./-]+)  +\S", page, re.M)
    folders = {f"{path.as_posix()}/" for name in tracked() for path in Path(name).parents}
    wanted = {
        folder
        for folder in folders - {"./"}
        if not folder.startswith(("tests/", "docs/")) or folder in ("tests/", "tests/doubles/")
    } | {folder for folder in folders if folder.startswith("docs/")}
    assert len(named) == len(set(named))
    assert {name for name in named if name.endswith("/")} == wanted
    assert {name for name in named if not name.endswith("/")} == {
        name for name in modules() if "/" not in name and name != "__init__.py"
    }


DANGERS = {
    "untrusted pictures": r"Image\.open\(",
    "weights": r"torch\.load\(|load_file\(",
    "hooks": r"register_\w*hook\(",
    "global seeds": r"torch\.manual_seed\(|np\.random\.seed\(|random\.seed\(",
    "the clock": r"perf_counter\(",
    "processes": r"subprocess\.Popen\(|ProcessPoolExecutor\(|import Client\b",
    "SQL": r"^\s*(?:import|from) (?:sqlalchemy|alembic)",
    "Plotly": r"^\s*(?:import|from) plotly",
    "Streamlit": r"^\s*(?:import|from) streamlit",
    "unescaped HTML": r"Markup\(|unsafe_allow_html|unsafe_allow_javascript",
}


@pytest.mark.parametrize("danger", DANGERS)
def test_a_danger_lives_where_decision_001_says_and_nowhere_else(danger: str) -> None:
    page = (ROOT / "docs" / "decisions" / "001-the-house.md").read_text()
    (row,) = re.findall(rf"^\| {re.escape(danger)}\b.*\|$", page, re.M)
    places = tuple(re.findall(r"`([\w./-]+)`", row))
    sign = re.compile(DANGERS[danger], re.M)
    found = [name for name in modules() if sign.search((ROOT / name).read_text())]
    for name in found:
        assert name.startswith(places), f"{name}: {danger}, which decision 001 has in {places}"
    for place in places:
        assert any(name.startswith(place) for name in found), f"{place} has no {danger}"
