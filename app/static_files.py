"""Static files under addresses that name their content, `/static/~3f0c…/js/main.js`: a browser keeps these for good.

Modules import each other by relative addresses and keep the prefix, so one version stands for the whole folder. The
plain address `/static/js/main.js` and one of another version are answered too; a browser asks about those every time.
"""

import gzip
import hashlib
import re
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path
from typing import Any

from apiflask import APIFlask
from flask import Flask, Response, current_app, g, has_request_context, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin

ENDPOINT = "static"
KEPT = f"public, max-age={365 * 24 * 3600}, immutable"
LENGTH = 16  # hexadecimal digits of a version
TEXTS = frozenset({".css", ".js", ".mjs", ".svg"})
GZIP_LEVEL = 9  # paid once for each file
SMALLEST = 1024  # bytes from which packing pays
IMPORT = re.compile(r"""^(?:import|export)\b(?:[^"';=]*\bfrom)?\s*["'](\.{1,2}/[^"']+)["'];$""", re.MULTILINE)


class NoSessionForFiles(SecureCookieSessionInterface):
    """Sessions in cookies, which static files neither change nor depend on: else each log-in would fetch them anew."""

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Write the session's cookie, and that the answer varies by it, unless the answer is a static file."""
        if request.endpoint != ENDPOINT:
            super().save_session(app, session, response)


def install(app: APIFlask) -> None:
    """Give every file of the static folder its versioned address, which `url_for("static", …)` builds."""
    app.add_url_rule(f"{app.static_url_path}/~<version>/<path:filename>", ENDPOINT)
    app.view_functions[ENDPOINT] = give
    app.session_interface = NoSessionForFiles()
    app.url_defaults(_with_version)
    app.extensions["static_version"] = version(app)


def give(filename: str, version: str | None = None) -> Response:
    """The file; where the address names what it holds, for good, and packed for who takes that."""
    answer = current_app.send_static_file(filename)
    if version is not None and version == _known(version):
        answer.headers["Cache-Control"] = KEPT
        file = Path(current_app.static_folder or "") / filename
        if file.suffix in TEXTS:
            answer.vary.add("Accept-Encoding")
            if answer.status_code == HTTPStatus.OK and request.accept_encodings.quality("gzip") > 0:
                _pack(answer, _packed(file, version))
    return answer


def version(app: Flask) -> str:
    """The version of the static folder as it is now: a file that is compiled anew is seen without a restart."""
    folder = Path(app.static_folder or "")
    return _hashed(folder, _state(folder))


def modules(first: Path) -> list[Path]:
    """The modules that `first` reaches by static imports, those that are imported before those that import them."""
    found: dict[Path, None] = {}

    def visit(module: Path, above: frozenset[Path]) -> None:
        for address in IMPORT.findall(module.read_text()):
            imported = (module.parent / address).resolve()
            if imported not in found and imported not in above:
                visit(imported, above | {module})
        found[module] = None

    visit(first.resolve(), frozenset())
    return list(found)


def _pack(answer: Response, packed: bytes) -> None:
    """Let `answer` be the packed bytes where these are fewer; its ETag then stands for the content, not for bytes."""
    if len(packed) + SMALLEST > (answer.content_length or 0):
        return
    answer.close()
    answer.direct_passthrough = False
    answer.set_data(packed)
    answer.headers["Content-Encoding"] = "gzip"
    answer.headers.pop("Accept-Ranges", None)
    tag, _ = answer.get_etag()
    answer.set_etag(tag or "", weak=True)


def _known(asked: str) -> str:
    """The version that this process knows of; it looks again where it is asked for another one."""
    known = str(current_app.extensions["static_version"])
    if asked != known:
        known = current_app.extensions["static_version"] = version(current_app)
    return known


def _with_version(endpoint: str, values: dict[str, Any]) -> None:
    """Add the version to the values of an address of a static file."""
    if endpoint != ENDPOINT or "version" in values:
        return
    if not has_request_context() or "static_version" not in g:
        g.static_version = current_app.extensions["static_version"] = version(current_app)
    values["version"] = g.static_version


def _state(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """What tells that a file of the folder is another: path, size in bytes, and ns since 1970 of its last change."""
    looked = ((str(file.relative_to(folder)), file.stat()) for file in sorted(folder.rglob("*")) if file.is_file())
    return tuple((path, stat.st_size, stat.st_mtime_ns) for path, stat in looked)


@lru_cache(maxsize=2)
def _hashed(folder: Path, state: tuple[tuple[str, int, int], ...]) -> str:
    """The hash of the content of these files, by their paths."""
    total = hashlib.sha256()
    for path, _, _ in state:
        total.update(f"{path}\0{hashlib.sha256((folder / path).read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()[:LENGTH]


@lru_cache(maxsize=256)
def _packed(file: Path, version: str) -> bytes:  # noqa: ARG001 (another version is another entry)
    """The file's content, packed."""
    return gzip.compress(file.read_bytes(), GZIP_LEVEL, mtime=0)
