"""Which class a label means, asked for all labels of a set at once."""

from __future__ import annotations

import unicodedata

import pytest

from heatcheck.inputs import labels
from heatcheck.inputs.class_names import imagenet_labels

FOLDERS = ("0", "1", "10", "11", "2")  # in the order that sorting names gives, as ImageFolder does


def test_a_folder_called_by_a_number_is_the_class_of_that_name() -> None:
    """Taken for an index, folder 2 would be class 10."""
    assert dict(labels.matched(FOLDERS, FOLDERS).indices) == {
        "0": 0,
        "1": 1,
        "10": 2,
        "11": 3,
        "2": 4,
    }


def test_folders_1_to_102_are_the_classes_of_their_names() -> None:
    names = sorted(str(number) for number in range(1, 103))
    matching = labels.matched(names, names)
    assert [matching.of(name) for name in names] == list(range(102))
    assert not matching.sentence


def test_numbers_are_indices_where_all_are_and_no_class_is_called_so() -> None:
    names = ("cat", "dog", "hen")
    assert dict(labels.matched(["2", "0"], names).indices) == {"2": 2, "0": 0}
    for few in (["2", "3"], ["2", "dog"], ["2", "-1"], ["2", "²"]):
        assert labels.matched(few, names).of("2") is None
    assert labels.matched(["2", "0"], ("cat", "dog", "2 ")).of("0") is None


def test_numbers_beyond_the_classes_are_said_with_what_to_do() -> None:
    matching = labels.matched([str(number) for number in range(1, 103)], ["x"] * 102)
    assert "102 of 102 labels are no name of the 102 classes: 1, 2, 3 and 99 more" in (
        matching.sentence
    )
    assert "indices only where all labels are from 0 to 101" in matching.sentence


@pytest.mark.parametrize(
    "label",
    ["hot_dog", "Hot-Dog", "\ufeffhot dog", "hot  dog", "HOT DOG"],
)
def test_a_label_is_matched_without_regard_to_how_words_are_joined(label: str) -> None:
    assert labels.matched([label], ("ice cream", "hot dog")).of(label) == 1


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_an_accent_is_the_same_composed_or_not(form: str) -> None:
    folder = unicodedata.normalize(form, "café")
    other = unicodedata.normalize("NFD" if form == "NFC" else "NFC", "Café")
    assert labels.matched([folder], ("tea", other)).of(folder) == 1
    assert labels.matched(["cafe"], ("tea", other)).of("cafe") is None


def test_the_exact_name_comes_before_one_that_is_like_it() -> None:
    matching = labels.matched(["cat", "Cat", "CAT"], ("Cat", "cat"))
    assert dict(matching.indices) == {"cat": 1, "Cat": 0}
    assert matching.ambiguous == ("CAT",)
    assert "CAT: of several" in matching.sentence


def test_a_name_that_two_classes_have_means_neither() -> None:
    matching = labels.matched(["crane", "tabby"], ("crane", "tabby", "crane"))
    assert dict(matching.indices) == {"tabby": 1}
    assert matching.ambiguous == ("crane",)


def test_two_classes_of_imagenet_differ_in_case_alone() -> None:
    matching = labels.matched(["cardigan", "Cardigan", "CARDIGAN"], imagenet_labels())
    assert dict(matching.indices) == {"cardigan": 474, "Cardigan": 264}


def test_imagenet_names_are_read_without_regard_to_case_and_underscores() -> None:
    matching = labels.matched(["golden retriever", "Golden_Retriever", "1000"], imagenet_labels())
    assert dict(matching.indices) == {"golden retriever": 207, "Golden_Retriever": 207}


def test_a_wordnet_id_is_a_class_of_imagenet_alone() -> None:
    assert labels.matched(["n02099601"], imagenet_labels()).of("n02099601") == 207
    assert labels.matched(["n02099601"], ("cat", "dog")).of("n02099601") is None
    assert labels.matched(["n02099601"], ("cat", "n02099601")).of("n02099601") == 1


def test_what_is_said_of_labels_that_match_nothing() -> None:
    names = ("cat", "dog")
    assert labels.matched(["cat", "dog", ""], names).sentence == ""
    assert labels.matched(["cat", "horse"], names).sentence == (
        "1 of 2 labels is no name of the 2 classes: horse. Their images count as unlabelled. "
        "Rename the folders, or give the folders' names with --labels FILE."
    )
    assert labels.matched([], names).sentence == ""
