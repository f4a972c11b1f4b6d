"""What tests share: a small model whose answers are known, the real classifier, the sample
photographs, a store of their own.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from heatcheck.attribution import Target
from heatcheck.inputs import classifiers, image_sets, images, own_networks
from heatcheck.inputs.classifiers import Classifier
from heatcheck.inputs.images import Image
from heatcheck.runs.store import Store
from heatcheck.tests.doubles.browsing import CHROMIUM, FLAGS, server
from heatcheck.tests.doubles.browsing import pytest_runtest_makereport as pytest_runtest_makereport
from heatcheck.tests.doubles.postgresql import fresh_database, postgresql, skip_where_missing
from heatcheck.tests.doubles.runs import HOSTILE, fill_at_random
from heatcheck.tests.doubles.saved_networks import ARCHITECTURE, network, saved


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What waits for a browser goes first, so that no worker is left with it at the end."""
    items.sort(key=lambda item: "browser" not in item.keywords)


@pytest.fixture(autouse=True, scope="session")
def own_folders(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Nothing a test does touches the user's own data."""
    for name in ("DATA", "CACHE", "STATE", "CONFIG"):
        os.environ[f"XDG_{name}_HOME"] = str(tmp_path_factory.mktemp(name.lower()))
    os.environ["HEATCHECK_LOCKS"] = str(tmp_path_factory.mktemp("locks"))
    os.environ["HEATCHECK_AUTOSTART"] = "0"
    os.environ.pop("HEATCHECK_DATABASE_URL", None)


class Tiny(nn.Module):
    """A small convolutional network with batch norm, an in-place ReLU that is used twice, and three
    classes.
    """

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 6, 3, padding=1)
        self.norm = nn.BatchNorm2d(6)
        self.act = nn.ReLU(inplace=True)
        self.second = nn.Conv2d(6, 8, 3, padding=1, stride=2)
        self.head = nn.Linear(8, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.act(self.norm(self.first(x)))
        return self.head(self.act(self.second(x)).mean((2, 3)))


@pytest.fixture
def tiny() -> nn.Module:
    """Seeded, in eval mode."""
    torch.manual_seed(0)
    return Tiny().eval()


@pytest.fixture
def tiny_x() -> Tensor:
    return torch.rand(1, 3, 20, 24, generator=torch.Generator().manual_seed(1)) - 0.5


@pytest.fixture
def tiny_target(tiny: nn.Module, tiny_x: Tensor) -> Target:
    return Target(tiny, 1, tiny_x, mean=0.5, std=0.25)


@pytest.fixture(scope="session")
def lite0() -> Classifier:
    """EfficientNet-Lite0 with its real weights."""
    return classifiers.load("efficientnet_lite0")


@pytest.fixture(scope="session")
def photographs() -> list[Image]:
    """The 20 ImageNet-labelled sample photographs."""
    return image_sets.load(image_sets.SAMPLES)


@pytest.fixture(scope="session")
def lite0_inputs(lite0: Classifier, photographs: list[Image]) -> Tensor:
    """The photographs as Lite0 takes them, `[20,3,224,224]`."""
    return torch.cat(
        [lite0.to_input(images.picture(photo.encoded(), lite0.size)) for photo in photographs]
    )


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(f"sqlite:///{tmp_path / 'test.db'}")
    yield made
    made.engine.dispose()


@pytest.fixture
def hostile_run(store: Store, photographs: list[Image], tmp_path: Path) -> str:
    """Images and labels with hostile names, as far as a file system takes them."""
    for place, words in enumerate(HOSTILE):
        folder = tmp_path / "images" / words.replace("/", "∕")
        folder.mkdir(parents=True)
        (folder / f"{place:02} {words.replace('/', '∕')[:60]}.jpg").write_bytes(
            photographs[place].encoded()
        )
    return fill_at_random(store, photographs, str(tmp_path / "images"))


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The URL of a PostgreSQL server of the tests' own; skips loudly where there is none."""
    skip_where_missing()
    with postgresql() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def any_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database, of each kind that a store may be kept in."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'any.db'}"
    server_url = request.getfixturevalue("postgresql_server")
    return fresh_database(server_url, f"t{uuid.uuid4().hex}")


@pytest.fixture
def any_store(any_url: str) -> Iterator[Store]:
    """An empty store, on each kind of database."""
    made = Store(any_url)
    yield made
    made.engine.dispose()


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A real Chromium."""
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM or None, args=FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="session")
def small_classifier(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a small network of one's own, of which a page has its scores in seconds."""
    model = network()
    with torch.no_grad():
        model.get_parameter("fc.weight").mul_(8)  # less alike answers
    return own_networks.asked(ARCHITECTURE, str(saved(model, tmp_path_factory.mktemp("small"))))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, small_classifier: str) -> Iterator[str]:
    """The address of a dashboard with an empty store, for the tests of one file."""
    with server(tmp_path_factory.mktemp("running"), HEATCHECK_CLASSIFIER=small_classifier) as url:
        yield url
