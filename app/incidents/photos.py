"""Photos as they come from a phone, made safe to keep: sniffed, bounded, upright, re-encoded without any metadata."""

import subprocess
import sys
from pathlib import Path
from typing import IO, NamedTuple

from flask_babel import lazy_gettext as _

from app.errors import Invalid, TooLarge
from app.incidents.shrink import TOO_MANY_PIXELS
from app.slots import Slots

MAX_BYTES = 10 * 1024 * 1024
PATIENCE = 20  # seconds
PROGRAM = Path(__file__).with_name("shrink.py")

_two_at_a_time = Slots(2)  # there are two cores on a small machine, and each holds 10 MB


class Photo(NamedTuple):
    """A JPEG without metadata, and its size in pixels."""

    content: bytes
    width: int
    height: int
    media_type: str = "image/jpeg"


def clean(sent: IO[bytes]) -> Photo:
    """The photo that was sent, upright, at most 2048 pixels a side, without EXIF; TooLarge, or Invalid if it is none.

    It is unpacked by another process (see `shrink.py`), whose memory is its own and ends with it.
    """
    with _two_at_a_time.one():
        raw = sent.read(MAX_BYTES + 1)
        if len(raw) > MAX_BYTES:
            raise TooLarge(_("A photo may have at most 10 MB."), field="photo")
        try:
            done = subprocess.run(
                [sys.executable, "-I", PROGRAM], input=raw, capture_output=True, timeout=PATIENCE, check=False
            )
        except subprocess.TimeoutExpired:
            raise Invalid(_("This is not a readable JPEG, PNG or WebP photo."), field="photo") from None
    if done.returncode == TOO_MANY_PIXELS:
        raise Invalid(_("This photo has too many pixels."), field="photo")
    if done.returncode:
        raise Invalid(_("This is not a readable JPEG, PNG or WebP photo."), field="photo")
    size, _line, content = done.stdout.partition(b"\n")
    width, height = size.split()
    return Photo(content, int(width), int(height))
