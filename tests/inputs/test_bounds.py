"""A small file takes bounded memory on every way in: the folder's reading, the page's thumbnail,
the model's picture.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from heatcheck.tests.doubles.striped import striped

READS = """
import re, sys
from pathlib import Path
from heatcheck.inputs import image_sets, images
(image,) = image_sets.load(sys.argv[1])
for size in (96, 224):
    assert images.picture(image.encoded(), size, bits=image.bits).shape == (size, size, 3)
peak = re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())
print(int(peak[1]) // 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak from /proc")
@pytest.mark.parametrize("height", [200_000, 1_500_000])
@pytest.mark.parametrize(
    ("bits", "kind", "row", "megabytes"),
    [
        (1, 0, b"\xaa" * 4, 400),
        (8, 2, b"\x10\x80\xf0" * 32, 400),
        (16, 0, b"\x10\x80" * 32, 400),
        (16, 2, b"\x10\x80" * 96, 800),
    ],
    ids=["one bit", "RGB", "16 bits", "16 bits of colour"],
)
def test_a_very_tall_picture_takes_little_memory_on_every_way_in(
    height: int, bits: int, kind: int, row: bytes, megabytes: int, tmp_path: Path
) -> None:
    (tmp_path / "tall.png").write_bytes(striped(32, height, bits, kind, row))
    done = subprocess.run(
        [sys.executable, "-c", READS, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < megabytes
