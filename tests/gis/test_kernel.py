"""Where compiled kernels are kept."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import gis

ASK = "import numba, gis.kernel; print(numba.config.CACHE_DIR)"


def folder_of(package, **environment):
    """The folder that a copy of the package uses."""
    told = subprocess.run(
        [sys.executable, "-c", ASK], cwd=package.parent, env=os.environ | environment, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    return Path(told.stdout.strip())


def copied(tmp_path):
    """A copy of the sources."""
    kept = shutil.ignore_patterns("__pycache__")
    return Path(shutil.copytree(Path(gis.__file__).parent, tmp_path / "gis", ignore=kept))


def test_another_state_of_a_source_that_kernels_use_has_a_folder_of_its_own_and_the_old_one_goes(tmp_path):
    package = copied(tmp_path)
    before = folder_of(package)
    assert before == folder_of(package)
    source = package / "strokes.py"
    source.write_text(source.read_text().replace("LATE = 1e30", "LATE = 1e29"))
    after = folder_of(package)
    assert after != before
    assert after.parent == before.parent == package / "__pycache__"
    assert after.exists()
    assert not before.exists()


def test_a_source_that_no_kernel_uses_does_not_make_them_anew(tmp_path):
    package = copied(tmp_path)
    before = folder_of(package)
    source = package / "blocks.py"
    source.write_text(source.read_text() + "\n# a remark\n")
    assert folder_of(package) == before


def test_kernels_go_where_the_environment_says(tmp_path):
    package = copied(tmp_path)
    assert folder_of(package, NUMBA_CACHE_DIR=str(tmp_path / "kept")).parent == tmp_path / "kept"
