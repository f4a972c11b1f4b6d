"""JSON that people write: no key twice, at any depth."""

from __future__ import annotations

import json

import pytest

from heatcheck.core.json_text import once


@pytest.mark.parametrize("text", ['{"a": 1, "b": 2, "a": 1}', '[{"b": {"a": 1, "a": 2}}]'])
def test_a_key_that_stands_twice_is_named(text: str) -> None:
    with pytest.raises(ValueError, match="The key 'a' stands twice in one object"):
        json.loads(text, object_pairs_hook=once)


def test_other_objects_are_what_they_were() -> None:
    assert json.loads('{"a": {"a": 1}}', object_pairs_hook=once) == {"a": {"a": 1}}
