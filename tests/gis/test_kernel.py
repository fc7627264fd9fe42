"""Where compiled kernels are kept: in a package that cannot be written, with a home and without one."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import gis.kernel

KERNEL = """
from gis.kernel import COUNT, config, kernel

@kernel(COUNT, COUNT)
def twice(number):
    return number + number

print(twice(21), config.CACHE_DIR, sum(twice.stats.cache_hits.values()))
"""
# Root may write wherever it likes; without this it is held to permissions like everybody.
ORDINARY = ("setpriv", "--bounding-set=-dac_override") if os.geteuid() == 0 else ()


@pytest.fixture
def package(tmp_path):
    """A package `gis` of two modules in which nobody may write."""
    folder = tmp_path / "program" / "gis"
    folder.mkdir(parents=True)
    shutil.copy(gis.kernel.__file__, folder)
    (folder / "__init__.py").touch()
    (folder / "doubling.py").write_text(KERNEL)
    for place in (*folder.iterdir(), folder, folder.parent):
        place.chmod(0o555)
    yield folder.parent
    for place in (folder.parent, folder):
        place.chmod(0o755)


def said(package, **environment):
    """What the module prints: the double of 21, the folder of kernels, and how many were there already."""
    done = subprocess.run(
        [*ORDINARY, sys.executable, "-m", "gis.doubling"],
        cwd=package,
        env={"PATH": os.environ["PATH"], "HOME": str(package), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    double, folder, hits = done.stdout.split()
    assert double == "42"
    return Path(folder), int(hits)


def test_kernels_of_a_package_that_cannot_be_written_are_kept_in_the_users_cache(package, tmp_path):
    cache = tmp_path / "cache"
    assert said(package, XDG_CACHE_HOME=str(cache))[0].parent == cache / "wangge"
    folder, hits = said(package, XDG_CACHE_HOME=str(cache))
    assert folder.parent == cache / "wangge"
    assert hits == 1


def test_without_any_place_to_write_kernels_last_as_long_as_the_process(package):
    folder, hits = said(package)
    assert hits == 0
    assert not folder.is_relative_to(package)
    shutil.rmtree(folder)


def test_a_folder_that_is_named_is_taken(package, tmp_path):
    assert said(package, NUMBA_CACHE_DIR=str(tmp_path / "kernels"))[0].parent == tmp_path / "kernels"
