"""Photos as they come from a phone, made safe to keep: sniffed, bounded, upright, re-encoded without any metadata."""

import struct
import threading
from io import BytesIO
from typing import NamedTuple

from flask_babel import lazy_gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from app.errors import Invalid, TooLarge

MAX_BYTES = 10 * 1024 * 1024
MAX_PIXELS = {"JPEG": 64_000_000, "progressive": 24_000_000, "PNG": 12_000_000, "WEBP": 8_000_000}
"""The largest phone sensors for JPEG, which is decoded at a fraction of its size; the others are unpacked whole. Each
takes up to 130 MB, so that a worker stays below 256 MB."""
MAX_SIDE = 2048  # pixels kept
QUALITY = 85  # of JPEG
FORMATS = ("JPEG", "PNG", "WEBP")

_one_at_a_time = threading.Semaphore()

BROKEN = (
    *(UnidentifiedImageError, Image.DecompressionBombError, OSError, EOFError, SyntaxError, struct.error),
    *(ValueError, KeyError, TypeError, AttributeError, ArithmeticError),  # what a damaged EXIF block sets off
)
"""What Pillow raises on files that are damaged or made to damage."""


class Photo(NamedTuple):
    """A JPEG without metadata, and its size in pixels."""

    content: bytes
    width: int
    height: int
    media_type: str = "image/jpeg"


def clean(raw: bytes) -> Photo:
    """The photo in `raw`, upright, at most 2048 pixels a side, without EXIF. TooLarge, or Invalid if it is no photo."""
    if len(raw) > MAX_BYTES:
        raise TooLarge(_("A photo may have at most 10 MB."), field="photo")
    try:
        with _one_at_a_time:
            return _encoded(_opened(raw))
    except BROKEN as error:
        raise Invalid(_("This is not a readable JPEG, PNG or WebP photo."), field="photo") from error
    except Image.DecompressionBombWarning as error:  # where warnings are errors
        raise Invalid(_("This photo has too many pixels."), field="photo") from error


def _opened(raw: bytes) -> Image.Image:
    """The image, decoded no further than its header; refused by its promised size before a pixel is unpacked."""
    image = Image.open(BytesIO(raw), formats=FORMATS)
    if image.width * image.height > MAX_PIXELS["progressive" if "progressive" in image.info else image.format or ""]:
        raise Invalid(_("This photo has too many pixels."), field="photo")
    image.draft("RGB", (MAX_SIDE, MAX_SIDE))  # lets the JPEG decoder skip detail nobody keeps
    return image


def _encoded(image: Image.Image) -> Photo:
    image.thumbnail((MAX_SIDE, MAX_SIDE))  # first, for whatever follows makes copies
    upright = ImageOps.exif_transpose(image)
    # Pixels only: EXIF, GPS, comments, colour profiles and thumbnails hang on the old image and stay there.
    kept = Image.new("RGB", upright.size, "white")
    with_alpha = upright.convert("RGBA")
    kept.paste(with_alpha, mask=with_alpha)
    out = BytesIO()
    kept.save(out, "JPEG", quality=QUALITY, optimize=True)
    return Photo(out.getvalue(), kept.width, kept.height)
