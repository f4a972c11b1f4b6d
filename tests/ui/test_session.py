"""The session page without a browser: what it shows to whom, and what it remembers."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from heatcheck.inputs.images import Image
from heatcheck.review.store import Reviews
from heatcheck.runs.results import Results
from heatcheck.server import service
from heatcheck.tests.doubles.sessions import METHODS, joined, mapped_run
from heatcheck.ui.session import entrance, seats

PAGE = str(Path(service.__file__).parent.parent / "pages/review/session.py")


@pytest.fixture(autouse=True)
def own_main() -> Iterator[None]:
    """AppTest makes the page `__main__`, which a worker started later would import."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


@pytest.fixture
def hosted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, photographs: list[Image]
) -> Iterator[tuple[Reviews, str]]:
    """The sessions that the page reads, and the token of a session's host."""
    monkeypatch.setenv("HEATCHECK_DATABASE_URL", f"sqlite:///{tmp_path / 'pages.db'}")
    for cached in (service.store, seats.reviews):
        cached.cache_clear()
    run = mapped_run(service.store(), photographs, images=2, side=32, methods=METHODS)
    names = [image.name for image in service.store().results.images(run)]
    reviews = seats.reviews()
    yield reviews, reviews.open_session(run, "A title", "Which?", names, METHODS, 2, "Hanna")
    service.store().engine.dispose()
    for cached in (service.store, seats.reviews):
        cached.cache_clear()


def opened(**query: str) -> AppTest:
    page = AppTest.from_file(PAGE, default_timeout=60)
    for key, value in query.items():
        page.query_params[key] = value
    page.run()
    assert not page.exception
    return page


def words(page: AppTest) -> str:
    """Everything that the page shows."""
    kinds = (page.markdown, page.caption, page.subheader, page.info, page.warning, page.button)
    return "\n".join(str(getattr(part, "label", part.value)) for kind in kinds for part in kind)


def back(page: AppTest) -> list[str]:
    return [button.key for button in page.button if button.label == "Return to your session"]


def test_a_tab_that_has_had_a_seat_is_offered_it_again_and_no_other_tab_is(
    hosted: tuple[Reviews, str],
) -> None:
    reviews, host = hosted
    token = joined(reviews, host)
    page = opened(seat=token)
    assert "Pair 1 of 4" in words(page)
    page.query_params.clear()  # what a click in the menu does
    page.run()
    assert "You are in **A title** as Ada, reviewer" in words(page)
    assert token not in words(page)
    (key,) = back(page)
    page.button(key=key).click().run()
    assert page.query_params["seat"] in (token, [token])
    assert "Pair 1 of 4" in words(page)
    assert back(opened()) == []


def test_a_seat_that_opens_nothing_any_more_is_not_offered(hosted: tuple[Reviews, str]) -> None:
    reviews, host = hosted
    page = opened(seat=host)
    page.query_params.clear()
    assert back(page.run())
    reviews.delete(host)
    assert back(page.run()) == []


def test_a_pair_reads_its_own_picture_alone(
    hosted: tuple[Reviews, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    reviews, host = hosted
    token = joined(reviews, host)
    asked: list[str] = []
    image = Results.image
    monkeypatch.setattr(Results, "images", lambda *_: pytest.fail("read every picture"))
    monkeypatch.setattr(
        Results, "image", lambda self, run, name: asked.append(name) or image(self, run, name)
    )
    assert "Pair 1 of 4" in words(opened(seat=token))
    assert set(asked) == {reviews.ballot(token)[0].pair.image}


def answers(page: AppTest) -> list[bool]:
    """Of each button that answers, whether it may be pressed."""
    labels = ("Left", "Both alike", "Neither", "Right")
    return [not button.disabled for button in page.button if button.label in labels]


def test_a_pair_takes_no_answer_before_a_browser_has_drawn_it(hosted: tuple[Reviews, str]) -> None:
    reviews, host = hosted
    assert answers(opened(seat=joined(reviews, host))) == [False] * 4


def test_a_pair_that_is_no_longer_kept_takes_no_answer_and_is_passed_over(
    hosted: tuple[Reviews, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    reviews, host = hosted
    token = joined(reviews, host)
    lost = reviews.ballot(token)[0].pair
    kept = Results.map
    monkeypatch.setattr(
        Results,
        "map",
        lambda self, run, image, method: (
            None if (image, method) == (lost.image, lost.right) else kept(self, run, image, method)
        ),
    )
    page = opened(seat=token)
    assert "no longer kept" in words(page)
    assert answers(page) == []
    next(button for button in page.button if button.label == "Next pair").click().run()
    assert "Pair 2 of 4" in words(page)
    assert answers(page) == [False] * 4
    first, *others = reviews.ballot(token)
    assert [item.choice for item in (first, *others)] == [""] * 4
    for item in others:
        reviews.turn_to(token, item.id)
        reviews.cast(token, item.id, "tie")
    page = opened(seat=token)  # the only one that is open
    assert answers(page) == []
    assert "All other pairs are answered: thank you" in words(page)


def test_an_invitation_to_a_session_that_has_ended_says_so(hosted: tuple[Reviews, str]) -> None:
    reviews, host = hosted
    invitation, token = reviews.invitation(host), joined(reviews, host)
    reviews.cast(token, reviews.ballot(token)[0].id, "left")
    reviews.reveal(host)
    page = opened(join=invitation)
    assert "The voting in this session has ended" in words(page)
    assert not page.text_input


@pytest.mark.parametrize(
    ("public", "link", "warned"),
    [
        ("", "/session?join=", True),
        ("https://heat.example", "https://heat.example/session?", False),
    ],
)
def test_the_invitation_carries_the_public_address_and_says_when_nobody_else_can_open_it(
    hosted: tuple[Reviews, str],
    monkeypatch: pytest.MonkeyPatch,
    public: str,
    link: str,
    warned: bool,
) -> None:
    reviews, host = hosted
    monkeypatch.setenv("HEATCHECK_PUBLIC_URL", public)
    monkeypatch.setattr(type(seats.st.context), "url", "http://127.0.0.1:8501/session?seat=x")
    page = opened(seat=host)
    assert link in page.code[0].value
    assert page.code[0].value.endswith(reviews.invitation(host))
    assert any("Nobody else can open this link" in box.value for box in page.warning) == warned


def test_who_waits_while_the_session_is_deleted_is_told(hosted: tuple[Reviews, str]) -> None:
    reviews, host = hosted
    token = joined(reviews, host)
    for item in reviews.ballot(token):
        reviews.cast(token, item.id, "tie")
    page = opened(seat=token)
    assert "All 4 pairs answered" in str([box.value for box in page.success])
    reviews.delete(host)
    page.run()
    assert not page.exception
    assert "This link opens no session" in str([box.value for box in page.error])
    assert seats.state(token) is None


def test_a_session_on_many_images_begins_with_a_draw_and_says_so(
    hosted: tuple[Reviews, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entrance, "MANY", 1)
    monkeypatch.setattr(entrance, "DRAWN", 1)
    few = opened()
    listed = next(one for one in few.multiselect if one.label == "Images")
    assert (len(listed.options), len(listed.value)) == (2, 1)
    assert "1 of 2 images, drawn with seed 0. Choose others here." in words(few)
    monkeypatch.setattr(entrance, "LISTED", 1)
    many = opened()
    assert [one.label for one in many.multiselect] == ["Methods"]  # no list goes to the browser
    assert "1 of 2 images, drawn with seed 0." in words(many)
    seed = next(one for one in many.number_input if one.label == "Seed of the draw")
    seed.set_value(7).run()
    assert "1 of 2 images, drawn with seed 7." in words(many)
