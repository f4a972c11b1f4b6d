"""A PNG of any size out of one row, without an image of that size."""

from __future__ import annotations

import struct
import zlib


def striped(width: int, height: int, bits: int, kind: int, row: bytes) -> bytes:
    """A PNG of equal rows, made without an image of that size."""

    def chunk(name: bytes, body: bytes) -> bytes:
        sum_ = struct.pack(">I", zlib.crc32(name + body))
        return struct.pack(">I", len(body)) + name + body + sum_

    squeeze = zlib.compressobj(9)
    packed = b"".join(squeeze.compress((b"\0" + row) * 1000) for _ in range(height // 1000))
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, 0))
        + chunk(b"IDAT", packed + squeeze.flush())
        + chunk(b"IEND", b"")
    )
