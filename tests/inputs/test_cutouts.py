"""Cut-outs: which stamps are taken, where the object is in the picture, and that a classifier sees
what the label says.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
import torch

from heatcheck.core.errors import BadImage, UnknownName
from heatcheck.inputs import cutouts, images
from heatcheck.inputs.class_names import imagenet_labels
from heatcheck.inputs.classifiers import Classifier
from heatcheck.inputs.cutouts import BACKGROUNDS, FRAME, OBJECT, Cutout, bare, class_named
from heatcheck.inputs.labels import matched

DOZEN = (
    "badger",
    "basketball",
    "bison",
    "electric_guitar",
    "fire_truck",
    "koala",
    "lion",
    "orange",
    "soccer_ball",
    "tiger",
    "violin",
    "zebra",
)


@pytest.fixture(scope="module")
def installed() -> list[Cutout]:
    """The real cut-outs."""
    if not cutouts.STAMPS.is_dir():
        pytest.skip(
            f"the Debian package {cutouts.PACKAGE} is not installed: apt-get install "
            f"{cutouts.PACKAGE}"
        )
    return cutouts.load()


KNOWN = [  # the texture of the words a and b, every hundredth pixel
    [[136, 143, 140], [123, 122, 136], [193, 178, 199]],
    [[101, 88, 81], [184, 180, 187], [127, 118, 128]],
    [[84, 86, 78], [145, 161, 147], [109, 120, 102]],
]


def stamp(
    root: Path,
    key: str,
    caption: str,
    size: tuple[int, int] = (80, 40),
    *,
    border: int = 10,
    alpha: int = 255,
) -> Path:
    """A stamp of random colours with a clear border and a caption."""
    pixels = np.random.default_rng(len(key)).integers(0, 256, (size[1], size[0], 4), dtype=np.uint8)
    pixels[..., 3] = 0
    pixels[border : size[1] - border, border : size[0] - border, 3] = alpha
    path = root / f"{key}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    PIL.Image.fromarray(pixels).save(path)
    path.with_suffix(".txt").write_text(caption, encoding="utf-8")
    return path


# -- which are taken -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("caption", "words"),
    [
        ("A zebra.", "zebra"),
        ("An electric guitar.\nfr.utf8=Une guitare.", "electric guitar"),
        ("The Sea Lion!", "sea lion"),
        ("Teapot", "teapot"),
        ("anteater", "anteater"),
        ("  A  tiger ? \n", "tiger"),
        ("", ""),
    ],
)
def test_a_caption_loses_its_article_its_end_and_its_translations(caption: str, words: str) -> None:
    assert bare(caption) == words


def test_a_name_means_one_class_or_nothing() -> None:
    named = class_named()
    labels = imagenet_labels()
    assert (named["zebra"], named["race car"], named["goldfish"], named["toilet tissue"]) == (
        340,
        751,
        1,
        999,
    )
    assert "crane" not in named  # a bird and a machine
    assert "panther" not in named
    assert set(range(1000)) - set(named.values()) == {
        86,
        134,
        474,
        517,
        594,
        638,
        657,
    }  # whose every name another class has too
    assert all(named.get(label.casefold(), index) == index for index, label in enumerate(labels))


def test_photographs_with_a_class_for_a_caption_are_taken_and_drawings_left(tmp_path: Path) -> None:
    for key, caption in {
        "cats/Tiger-2": "A tiger.",
        "cats/tiger": "A tiger.",
        "cats/tabby": "A soft tabby.",
        "cats/cartoon/lion": "A lion.",
        "birds/crane": "A crane.",
        "hats/sombrero": "A sombrero.",
        "animals/mammals/rodents/mouse": "A mouse.",
        "guitar": "An electric guitar.",
    }.items():
        stamp(tmp_path / "cartoon", key, caption)
    (tmp_path / "cartoon" / "hats" / "sombrero.svg").write_text("<svg/>")
    PIL.Image.new("RGBA", (40, 40)).save(tmp_path / "cartoon" / "zebra.png")  # no caption
    found = [
        (cutout.name, cutout.label, cutout.path.stem)
        for cutout in cutouts.load(tmp_path / "cartoon")
    ]
    assert found == [
        ("electric_guitar", "546", "guitar"),
        ("tiger", "292", "tiger"),
        ("tiger_2", "292", "Tiger-2"),
    ]


def test_without_the_package_the_command_is_named(tmp_path: Path) -> None:
    for root in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(BadImage) as caught:
            cutouts.load(root)
        assert str(caught.value) == (
            "The cut-outs come with the Debian package tuxpaint-stamps-default, which is "
            "not installed. "
            "Run apt-get install tuxpaint-stamps-default."
        )


# -- what is made of them --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "tall", "wide"),
    [((80, 40), 80, 240), ((40, 100), 240, 60), ((700, 700), 240, 240), ((53, 37), 124, 240)],
)
def test_the_object_fills_four_fifths_of_the_frame_in_its_middle(
    tmp_path: Path, size: tuple[int, int], tall: int, wide: int
) -> None:
    cutout = Cutout("zebra", stamp(tmp_path, "zebra", "A zebra.", size), "340")
    mask = cutout.mask(FRAME)
    assert (mask.shape, mask.dtype) == ((FRAME, FRAME), bool)
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    assert max(tall, wide) == OBJECT == 0.8 * FRAME
    assert (len(rows), len(columns)) == (tall, wide)
    assert mask.sum() == tall * wide
    assert (rows[0], columns[0]) == ((FRAME - tall) // 2, (FRAME - wide) // 2)


def test_the_picture_is_the_object_where_the_mask_is_and_its_background_elsewhere(
    tmp_path: Path,
) -> None:
    cutout = Cutout("zebra", stamp(tmp_path, "zebra", "A zebra."), "340")
    mask = cutout.mask(FRAME)
    pictures = {which: cutout.background(FRAME, which) for which in BACKGROUNDS}
    assert np.array_equal(images.picture(cutout.encoded(), FRAME), pictures["texture"])
    first, second, plain = (
        pictures[which].astype(int) for which in ("texture", "another texture", "plain")
    )
    assert np.array_equal(first[mask], plain[mask])
    assert np.array_equal(second[mask], plain[mask])
    assert (plain[~mask] == 211).all()
    assert np.abs(first - second)[~mask].mean() > 15
    assert first[~mask].std() > 15


def test_what_is_half_clear_shows_the_background_and_is_no_object(tmp_path: Path) -> None:
    path = stamp(tmp_path, "zebra", "A zebra.", (100, 100))
    pixels = np.array(PIL.Image.open(path))
    pixels[10:90, 50:90] = (255, 0, 0, 100)  # a red shadow on the right
    pixels[10:90, 85:90, 3] = 255
    PIL.Image.fromarray(pixels).save(path)
    cutout = Cutout("zebra", path, "340")
    mask, plain = cutout.mask(FRAME), cutout.background(FRAME, "plain")
    assert mask[150, 60]
    assert not mask[150, 200]
    assert np.abs(plain[150, 200].astype(int) - np.array([228, 128, 128])).max() <= 1
    assert mask[150, 265]


def test_an_alpha_channel_of_any_kind_is_read(tmp_path: Path) -> None:
    path = stamp(tmp_path, "zebra", "A zebra.", (64, 64))
    whole = PIL.Image.open(path)
    wanted = Cutout("zebra", path, "340").mask(100)
    whole.convert("LA").save(tmp_path / "grey.png")
    few = PIL.Image.fromarray(np.array(whole.getchannel("A")) // 255)
    few.putpalette([0, 0, 0, 200, 30, 30])
    few.save(tmp_path / "few.png", transparency=0)
    for name in ("grey", "few"):
        assert np.array_equal(Cutout(name, tmp_path / f"{name}.png", "340").mask(100), wanted)


def test_bytes_and_digest_are_the_composites_and_depend_on_the_stamp_alone(tmp_path: Path) -> None:
    path = stamp(tmp_path, "zebra", "A zebra.")
    cutout = Cutout("zebra", path, "340")
    twin = Cutout("horse", stamp(tmp_path / "elsewhere", "zebra", "A horse."), "1")
    assert cutout.masked
    assert cutout.encoded() == twin.encoded()
    assert cutout.digest == twin.digest == images.digest(cutout.encoded())
    before = cutout.background(FRAME, "texture")
    stamp(tmp_path, "zebra", "A zebra.", (81, 41))
    assert cutout.digest != twin.digest
    assert (
        cutout.background(FRAME, "texture")[0] != before[0]
    ).any()  # another stamp, another texture


def test_made_anew_the_bytes_are_the_same(tmp_path: Path) -> None:
    cutout = Cutout("zebra", stamp(tmp_path, "zebra", "A zebra."), "340")
    before = [cutout.on(which) for which in BACKGROUNDS]
    cutouts._composite.cache_clear()
    assert [cutout.on(which) for which in BACKGROUNDS] == before
    assert len(set(before)) == len(BACKGROUNDS) == 3


def test_a_texture_is_the_same_on_every_machine_and_another_for_other_words() -> None:
    made = cutouts.texture("a", "b").astype(int)
    assert made.shape == (FRAME, FRAME, 3)
    assert made[::100, ::100].tolist() == KNOWN
    assert np.abs(made - cutouts.texture("a", "c")).mean() > 10
    steps = np.abs(np.diff(made, axis=0)).mean()
    assert (
        0.5 < steps < 4
    )  # smooth: neighbours differ little, where 300 x 300 free values would differ by 85


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"no image", "expected a PNG, JPEG, WebP, TIFF"), (None, "the file cannot be read")],
    ids=["garbage", "missing"],
)
def test_a_stamp_that_cannot_be_read_is_said(
    tmp_path: Path, content: bytes | None, words: str
) -> None:
    path = tmp_path / "zebra.png"
    if content is not None:
        path.write_bytes(content)
    cutout = Cutout("zebra", path, "340")
    for ask in (cutout.encoded, lambda: cutout.digest, lambda: cutout.mask(64)):
        with pytest.raises(BadImage, match=f"zebra: {words}"):
            ask()


def test_a_stamp_without_an_object_or_a_background_without_a_name_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadImage, match=r"expected an object in the alpha channel. Got none"):
        Cutout("zebra", stamp(tmp_path, "zebra", "A zebra.", alpha=120), "340").encoded()
    with pytest.raises(UnknownName, match="Did you mean 'plain'"):
        Cutout("lion", stamp(tmp_path, "lion", "A lion."), "291").background(64, "plane")


# -- the real ones ---------------------------------------------------------------------------------


def test_there_are_56_with_names_and_labels_of_their_own(installed: list[Cutout]) -> None:
    assert (
        len(installed)
        == len({cutout.name for cutout in installed})
        == len({cutout.digest for cutout in installed})
        == 56
    )
    labels = imagenet_labels()
    for cutout in installed:
        assert str(class_named()[cutout.name.rstrip("_2").replace("_", " ")]) == cutout.label
    told = {cutout.name: labels[int(cutout.label)] for cutout in installed}
    assert {told[name] for name in ("lion", "lion_2")} == {"lion"}
    assert (told["race_car"], told["orca"], told["pig"], told["fly"]) == (
        "racer",
        "killer whale",
        "hog",
        "fly",
    )
    assert not {
        "bee",
        "echidna",
        "hedgehog",
        "mouse",
        "sock",
        "sombrero",
        "christmas_stocking",
        "candle",
        "volleyball",
    } & set(told)


def test_every_stamp_that_is_left_out_by_name_is_there(installed: list[Cutout]) -> None:
    assert all((cutouts.STAMPS / f"{key}.png").is_file() for key in cutouts.LEFT_OUT)


def test_the_masks_lie_where_the_pictures_differ_from_their_backgrounds(
    installed: list[Cutout],
) -> None:
    """What of a change of background shows through is less than half on the object, and more beside
    it.
    """
    for cutout in installed[::5]:
        mask, stamped = cutout.mask(FRAME), hashlib.sha256(cutout.path.read_bytes()).hexdigest()
        bare_first, bare_second = (
            cutouts.texture(stamped, which).astype(int) for which in BACKGROUNDS[:2]
        )
        first, second = (cutout.background(FRAME, which).astype(int) for which in BACKGROUNDS[:2])
        changed = np.abs(bare_first - bare_second).sum(2)
        shows = np.abs(first - second).sum(2)
        clear = changed > 90  # so that rounding decides nothing
        assert clear.mean() > 0.2
        assert (mask == (shows < changed / 2))[clear].mean() > 0.999, cutout.name
        assert np.array_equal(first[:30], bare_first[:30])
        assert 0.01 < mask.mean() < 0.6, cutout.name
        assert not mask[:30].any()


def test_a_dozen_are_seen_for_what_they_are(installed: list[Cutout], lite0: Classifier) -> None:
    chosen = [cutout for cutout in installed if cutout.name in DOZEN]
    x = torch.cat(
        [lite0.to_input(images.picture(cutout.encoded(), lite0.size)) for cutout in chosen]
    )
    meant = matched((cutout.label for cutout in installed), lite0.labels)
    labels = torch.tensor([meant.of(cutout.label) for cutout in chosen])
    assert len(chosen) == 12
    assert int((lite0.probabilities(x).argmax(1) == labels).sum()) >= 8
