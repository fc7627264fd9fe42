"""Static files: a versioned address is kept for good, a plain one is asked about, and no script is fetched late."""

import gzip
import os
import re
from pathlib import Path

import pytest

from app import static_files

IMPORTED = re.compile(r"""\bfrom "(\.[^"]+)";|^import "(\.[^"]+)";""", re.MULTILINE)


@pytest.fixture
def static(app, tmp_path, monkeypatch):
    """A static folder of a test's own."""
    monkeypatch.setattr(app, "static_folder", str(tmp_path))
    (tmp_path / "a.js").write_text("let a = 1;\n" * 1000)
    (tmp_path / "a.png").write_bytes(b"\x89PNG")
    return tmp_path


def versioned(app, path):
    return f"/static/~{static_files.version(app)}/{path}"


def test_a_page_names_its_styles_and_scripts_by_version_and_these_are_kept_for_good(app, client_as):
    client = client_as("coordinator")
    addresses = re.findall(r'(?:src|href)="(/static/[^"]+)"', client.get("/").text)
    assert len(addresses) > 50
    for address in addresses:
        assert address.startswith(versioned(app, ""))
        with client.get(address) as answer:
            assert answer.status_code == 200, address
            assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
            assert "Set-Cookie" not in answer.headers
            assert "Cookie" not in answer.vary  # or the next log-in would fetch it anew


def test_a_plain_address_and_one_of_another_version_are_asked_about_every_time(client, static):
    for address in ("/static/a.js", "/static/~0123456789abcdef/a.js"):
        with client.get(address) as answer:
            assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-cache")
        with client.get(address, headers={"If-None-Match": answer.headers["ETag"]}) as again:
            assert again.status_code == 304


def test_a_changed_file_has_another_address_and_the_old_one_is_kept_no_longer(app, client, static):
    before = versioned(app, "a.js")
    (static / "a.js").write_text("let a = 2;\n" * 1000)
    os.utime(static / "a.js", ns=(1, 1))
    after = versioned(app, "a.js")
    assert before != after
    with client.get(after) as answer:
        assert answer.headers["Cache-Control"].endswith("immutable")
    with client.get(before) as answer:
        assert answer.headers["Cache-Control"] == "no-cache"


def test_texts_are_packed_for_who_takes_that(app, client, static):
    address, takes = versioned(app, "a.js"), {"Accept-Encoding": "gzip"}
    with client.get(address) as whole, client.get(address, headers=takes) as packed:
        assert gzip.decompress(packed.data) == whole.data == (static / "a.js").read_bytes()
    assert packed.content_length == len(packed.data) < len(whole.data) / 4
    assert "Accept-Encoding" in packed.vary
    assert "Accept-Encoding" in whole.vary
    with client.get(address, headers={**takes, "If-None-Match": packed.headers["ETag"]}) as again:
        assert again.status_code == 304
    with client.get(versioned(app, "a.png"), headers=takes) as picture:
        assert "Content-Encoding" not in picture.headers


@pytest.mark.parametrize("path", ["../app/settings.py", "%2e%2e/app/settings.py", "nothing.js", "css/", ""])
def test_nothing_beside_the_static_files_has_a_versioned_address(app, client, path):
    assert client.get(versioned(app, path)).status_code == 404


def test_every_module_that_is_imported_is_fetched_at_once_those_that_are_imported_first(app, client_as):
    page = client_as("coordinator").get("/").text
    listed = re.findall(r'<link rel="modulepreload" href="[^"]+/(js/[^"]+)"', page)
    assert listed[-1] == "js/main.js"
    assert len(listed) == len(set(listed)) > 80
    folder = Path(app.static_folder).resolve()
    imported = {"js/main.js"}
    for module in (folder / path for path in listed):
        found = (first or second for first, second in IMPORTED.findall(module.read_text()))
        imported |= {str((module.parent / address).resolve().relative_to(folder)) for address in found}
    assert imported == set(listed)
    assert listed.index("js/dom.js") < listed.index("js/acts/zone.js") < listed.index("js/acts/index.js")


def test_modules_that_import_each_other_in_a_circle_are_each_listed_once(tmp_path):
    (tmp_path / "a.js").write_text('import { b } from "./b.js";\nexport const a = 1;\n')
    (tmp_path / "b.js").write_text('export {\n    a,\n} from "./a.js";\nconst late = () => import("./late.js");\n')
    assert [module.name for module in static_files.modules(tmp_path / "a.js")] == ["b.js", "a.js"]
