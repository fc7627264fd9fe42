"""A program of its own: a photo from standard input becomes a small JPEG without metadata on standard output.

It runs beside the server and can be killed, for a few kilobytes may unpack to more memory than a worker has. The first
line that it writes is the size in pixels; its exit code is UNREADABLE or TOO_MANY_PIXELS where there is no photo.
"""

import resource
import struct
import sys
from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError

UNREADABLE = 3
TOO_MANY_PIXELS = 4
MAX_PIXELS = {"JPEG": 64_000_000, "progressive": 24_000_000, "PNG": 12_000_000, "WEBP": 8_000_000}
"""The largest phone sensors for JPEG, which is decoded at a fraction of its size; the others are unpacked whole. Each
takes up to 130 MB."""
MAX_SIDE = 2048  # pixels kept
QUALITY = 85  # of JPEG
FORMATS = ("JPEG", "PNG", "WEBP")
MEMORY = 600 * 2**20  # bytes of address space, of which Python itself takes 200
SECONDS = 10  # of work

BROKEN = (
    *(UnidentifiedImageError, OSError, EOFError, SyntaxError, struct.error, MemoryError),
    *(ValueError, KeyError, TypeError, AttributeError, ArithmeticError),  # what a damaged EXIF block sets off
)
"""What Pillow raises on files that are damaged or made to damage."""


def main() -> int:
    """Shrink what comes in; the exit code."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    try:
        image = _opened(sys.stdin.buffer.read())
        if image is None:
            return TOO_MANY_PIXELS
        kept = _kept(image)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        return TOO_MANY_PIXELS
    except BROKEN:
        return UNREADABLE
    sys.stdout.buffer.write(f"{kept.width} {kept.height}\n".encode())
    kept.save(sys.stdout.buffer, "JPEG", quality=QUALITY, optimize=True)
    return 0


def _opened(raw: bytes) -> Image.Image | None:
    """The image, decoded no further than its header; None where that promises too many pixels to unpack."""
    image = Image.open(BytesIO(raw), formats=FORMATS)
    if image.width * image.height > MAX_PIXELS["progressive" if "progressive" in image.info else image.format or ""]:
        return None
    image.draft("RGB", (MAX_SIDE, MAX_SIDE))  # lets the JPEG decoder skip detail nobody keeps
    return image


def _kept(image: Image.Image) -> Image.Image:
    """The pixels only: EXIF, GPS, comments, colour profiles and thumbnails hang on the old image and stay there."""
    image.thumbnail((MAX_SIDE, MAX_SIDE))  # first, for whatever follows makes copies
    upright = ImageOps.exif_transpose(image)
    kept = Image.new("RGB", upright.size, "white")
    with_alpha = upright.convert("RGBA")
    kept.paste(with_alpha, mask=with_alpha)
    return kept


if __name__ == "__main__":
    sys.exit(main())
