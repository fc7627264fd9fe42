"""How the server's log is written: an entry a line, its instant in UTC, and no line that somebody else begins."""

import logging
import re
import time

from apiflask import APIFlask
from flask.logging import default_handler

FORM = "%(asctime)sZ %(levelname)s %(name)s: %(message)s"
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")


class Lines(logging.Formatter):
    """Entries that begin with "2026-05-01T08:00:00Z WARNING"; what stands below begins with a tab, as a trace does."""

    converter = staticmethod(time.gmtime)

    def __init__(self) -> None:
        """The one form."""
        super().__init__(FORM, "%Y-%m-%dT%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        """The entry, in which no text that came with a request begins a line or moves a terminal's cursor."""
        return CONTROLS.sub(lambda sign: repr(sign[0])[1:-1], super().format(record)).replace("\n", "\n\t")


def install(_: APIFlask) -> None:
    """Let Flask's own handler, which writes to the error log, write in this form."""
    default_handler.setFormatter(Lines())
