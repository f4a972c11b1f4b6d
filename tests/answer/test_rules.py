"""Rules as TOML says them: each check becomes a value, and what cannot be right is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from heatcheck.answer.rules import (
    CHECKS,
    LARGEST,
    FewFailures,
    Finished,
    HasVerdict,
    NoneBelowRandom,
    NoneTurned,
    ScoreWithin,
    ShowsEvidence,
    read,
)
from heatcheck.core.errors import BadParameter, HeatcheckError, UnknownName, shown

EACH = """
[[rule]]
check = "evidence"
method = "grad_cam"

[[rule]]
check = "evidence"
method = "smoothgrad-12ab34"
of = ["picture"]

[[rule]]
check = "no method below random"

[[rule]]
check = "no method below random"
metrics = ["road"]

[[rule]]
check = "score"
method = "random"
metric = "deletion"
at_least = 0

[[rule]]
check = "score"
method = "grad_cam"
metric = "runtime"
at_most = 1e3

[[rule]]
check = "verdict"
claim = "Less noise"
is = "confirmed"

[[rule]]
check = "no verdict turned"

[[rule]]
check = "failures"
at_most = 3

[[rule]]
check = "finished"
"""


def rules(text: str, folder: Path) -> tuple[object, ...]:
    file = folder / "rules.toml"
    file.write_text(text)
    return read(file)


def test_each_check_becomes_a_value_and_finished_comes_first(tmp_path: Path) -> None:
    assert rules(EACH, tmp_path) == (
        Finished(),
        ShowsEvidence("grad_cam", ("place", "picture", "model")),
        ShowsEvidence("smoothgrad-12ab34", ("picture",)),
        NoneBelowRandom(("deletion", "insertion")),
        NoneBelowRandom(("road",)),
        ScoreWithin("random", "deletion", "at least", 0.0),
        ScoreWithin("grad_cam", "runtime", "at most", 1000.0),
        HasVerdict("Less noise", "confirmed"),
        NoneTurned(),
        FewFailures(3),
    )
    assert all(f'check = "{check}"' in EACH for check in CHECKS)


def test_rules_read_aloud(tmp_path: Path) -> None:
    assert [rule.words for rule in rules(EACH, tmp_path)] == [  # type: ignore[attr-defined]
        "The run is finished",
        "Grad-CAM shows evidence of the map's places, of this picture and of this model and class",
        "SmoothGrad (12ab34) shows evidence of this picture",
        "No method is shown to be worse than Random in Deletion or Insertion",
        "No method is shown to be worse than Random in ROAD",
        "Random has at least 0 in Deletion",
        "Grad-CAM has at most 1000 in Runtime",
        "The claim “Less noise” is confirmed",
        "No verdict turned and no method lost evidence",
        "At most 3 scores failed",
    ]


def test_that_a_run_is_finished_is_held_where_no_rule_says_so(tmp_path: Path) -> None:
    assert rules('[[rule]]\ncheck = "failures"\nat_most = 0', tmp_path)[0] == Finished()
    assert rules('[[rule]]\ncheck = "finished"', tmp_path) == (Finished(),)


SCORE = 'check = "score"\nmethod = "grad_cam"\nmetric = "deletion"\n'


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("", "Expected check in rule 1 of {file} to be a text, in quotation marks. Got none."),
        ("check = 1", "Expected check in rule 1 of {file} to be a text"),
        ('check = "scores"', "Expected the name of a check. Got 'scores'. Did you mean 'score'?"),
        (SCORE + "at_mots = 1", "Got 'at_mots'. Did you mean 'at_most'?"),
        ('check = "finished"\nmethod = "grad_cam"', "Expected the name of a key of the check"),
        ('check = "evidence"', "to be a text, in quotation marks. Got none. Add it."),
        ('check = "evidence"\nmethod = 3', "to be a text, in quotation marks. Got 3. Change it."),
        ('check = "evidence"\nmethod = "gradcam"', "Got 'gradcam'. Did you mean 'grad_cam'?"),
        ('check = "evidence"\nmethod = "grad_cam-"', "Expected the name of a method."),
        ('check = "evidence"\nmethod = "grad_cam-XYZ"', "Expected the name of a method."),
        ('check = "evidence"\nmethod = "random"', "a control is evidence of nothing"),
        ('check = "evidence"\nmethod = "grad_cam"\nof = "model"', "to be a list of texts"),
        ('check = "evidence"\nmethod = "grad_cam"\nof = [1]', "to be a list of texts"),
        ('check = "evidence"\nmethod = "grad_cam"\nof = []', "one name at least. Got []"),
        ('check = "evidence"\nmethod = "grad_cam"\nof = ["model", "model"]', "each name once"),
        ('check = "evidence"\nmethod = "grad_cam"\nof = ["modelled"]', "Did you mean 'model'?"),
        ('check = "no method below random"\nmetrics = ["deletions"]', "Did you mean 'deletion'?"),
        ('check = "no method below random"\nmetrics = ["runtime"]', "Got 'runtime', which does"),
        ('check = "no method below random"\nmetrics = ["deletion_model"]', "which does not"),
        ('check = "score"\nmethod = "grad_cam"\nat_most = 1', "Expected metric in rule 1"),
        (SCORE.replace("deletion", "deletions") + "at_most = 1", "Did you mean 'deletion'?"),
        (SCORE.replace("deletion", "completeness_gap") + "at_most = 1", "no completeness: "),
        (SCORE, "Expected either at_most or at_least in rule 1 of {file}. Got neither."),
        (SCORE + "at_most = 1\nat_least = 0", "Got both. Write two rules."),
        (SCORE + 'at_most = "0.2"', "Expected at_most in rule 1 of {file} to be a finite number"),
        (SCORE + "at_most = true", "to be a finite number. Got True."),
        (SCORE + "at_most = nan", "to be a finite number. Got nan."),
        (SCORE + "at_least = -inf", "to be a finite number. Got -inf."),
        (SCORE + f"at_most = {'9' * 400}", "to be a finite number. Got 9999"),
        (SCORE + "at_most = 20", "to be in the range of Deletion, 0 to 1. Got 20."),
        ('check = "verdict"\nis = "confirmed"', "Expected claim in rule 1"),
        ('check = "verdict"\nclaim = "Less nois"\nis = "refuted"', "Did you mean 'Less noise'?"),
        ('check = "verdict"\nclaim = "Less noise"', "to be one of confirmed, refuted, mixed"),
        ('check = "verdict"\nclaim = "Less noise"\nis = "true"', "undecided. Got 'true'."),
        ('check = "verdict"\nclaim = "Less noise"\nis = ["mixed"]', "undecided. Got ['mixed']."),
        ('check = "failures"', "to be a whole number from 0 on. Got none."),
        ('check = "failures"\nat_most = 0.5', "to be a whole number from 0 on. Got 0.5."),
        ('check = "failures"\nat_most = true', "to be a whole number from 0 on. Got True."),
        ('check = "failures"\nat_most = -1', "to be a whole number from 0 on. Got -1."),
    ],
)
def test_a_rule_that_cannot_be_right_is_refused(rule: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(HeatcheckError) as refused:
        rules(f"[[rule]]\n{rule}", tmp_path)
    assert isinstance(refused.value, BadParameter | UnknownName)
    said = str(refused.value)
    assert words.format(file=shown(str(tmp_path / "rules.toml"))) in said
    assert "rule 1 of" in said
    assert said.endswith(".")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Expected at least one [[rule]] in {file}. Got none."),
        ("# nothing", "Expected at least one [[rule]]"),
        ("rule = []", "Expected at least one [[rule]]"),
        ("rule = 3", "to stand under [[rule]]. Got 3."),
        ("rule = [3]", "to stand under [[rule]]. Got [3]."),
        ('[rule]\ncheck = "finished"', "to stand under [[rule]]. Got {{'check'"),
        ('[[rules]]\ncheck = "finished"', "Got 'rules'. Did you mean 'rule'?"),
        ('[[rule]]\ncheck = "finished"\n' * 2, "Got rule 2 a second time. Leave it out."),
        ("[[rule]", "Expected {file} to be TOML. Got something else: "),
        ('[[rule]]\ncheck = "a"\ncheck = "b"', "Cannot overwrite a value"),
        ("x = " + "[" * 5000, "Expected {file} to be TOML."),
        (f"x = {'9' * 5000}", "Expected {file} to be TOML."),
    ],
)
def test_a_file_that_holds_no_rules_is_refused(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(HeatcheckError) as refused:
        rules(text, tmp_path)
    assert words.format(file=shown(str(tmp_path / "rules.toml"))) in str(refused.value)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadParameter, match="cannot be read"):
        read(tmp_path / "none.toml")
    with pytest.raises(BadParameter, match="cannot be read"):
        read(tmp_path)
    with pytest.raises(BadParameter, match="cannot be read"):
        read(Path("null\0character"))
    file = tmp_path / "rules.toml"
    file.write_bytes(b'[[rule]]\ncheck = "\xff"')
    with pytest.raises(BadParameter, match="text in UTF-8"):
        read(file)
    file.write_bytes(b"#" * (LARGEST + 1))
    with pytest.raises(BadParameter, match="Expected at most 1 MB of rules"):
        read(file)
    file.write_bytes(b'\xef\xbb\xbf[[rule]]\r\ncheck = "finished"\r\n')
    assert read(file) == (Finished(),)
