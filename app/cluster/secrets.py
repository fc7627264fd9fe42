"""The random passwords of a home, in one file that only its owner can read."""

import json
import os
import secrets
from pathlib import Path

from app.cluster.database import ADMIN, APP, OWNER

FILE = "cluster.json"


def passwords(home: Path) -> dict[str, str]:
    """The password of each database role of `home`; made at random the first time."""
    file = home / FILE
    if file.exists():
        return dict(json.loads(file.read_text()))
    fresh = {role: secrets.token_urlsafe(24) for role in (ADMIN, OWNER, APP)}
    write_private(file, json.dumps(fresh, indent=1) + "\n")
    return fresh


def write_private(file: Path, text: str) -> None:
    """Put `text` into `file` with mode 0600, whole or not at all."""
    part = file.with_name(f"{file.name}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    part.replace(file)
