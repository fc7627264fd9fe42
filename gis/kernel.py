"""Compiled functions: one decorator, and the types their arguments have.

Kernels carry explicit types, so they are compiled once, when their module is first imported, and come from numba's
cache from then on. Arrays that are only read are typed so: mapped files hand out such arrays.
"""

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])


def _print_of_sources() -> str:
    """A print of all modules of this package that define kernels, and of those that they import."""
    texts = {source.stem: source.read_text("utf-8") for source in Path(__file__).parent.glob("*.py")}
    wanted = [name for name, text in texts.items() if "gis.kernel" in text or name == "kernel"]
    for name in wanted:
        used = re.findall(r"^from gis\.(\w+) import", texts.get(name, ""), re.MULTILINE)
        wanted.extend(other for other in used if other not in wanted)
    whole = "".join(name + texts.get(name, "") for name in sorted(wanted)) + numba.__version__
    return hashlib.sha256(whole.encode()).hexdigest()[:16]


def _folder() -> Path:
    """Where compiled kernels are kept: NUMBA_CACHE_DIR, beside the source, in the user's cache, or for this process.

    Each state of the sources has a folder of its own. Numba itself looks only at the file of the function that it
    compiles, and would go on using what other files once gave it.
    """
    name = f"kernels-{_print_of_sources()}"
    beside = Path(__file__).parent / "__pycache__"
    given, cache = os.environ.get("NUMBA_CACHE_DIR"), os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    for base in (given,) if given else (str(beside), f"{cache}/wangge"):
        with suppress(OSError, RuntimeError):  # RuntimeError: a user without a home
            folder = Path(base).expanduser() / name
            folder.mkdir(parents=True, exist_ok=True)
            if os.access(folder, os.W_OK):
                for old in beside.glob("kernels-*"):
                    if old.name != name:
                        shutil.rmtree(old, ignore_errors=True)
                return folder
    return Path(tempfile.mkdtemp(prefix="wangge-kernels-"))


config: Any = numba.config
config.CACHE_DIR = str(_folder())
types: Any = numba.types
NOTHING, COUNT, REAL, INT, YES = types.void, types.int64, types.float64, types.int32, types.boolean
REALS = types.Array(types.float64, 1, "C", readonly=True)
REALS2 = types.Array(types.float64, 2, "C", readonly=True)
REALS3 = types.Array(types.float64, 3, "C", readonly=True)
INTS = types.Array(types.int32, 1, "C", readonly=True)
LONGS = types.Array(types.int64, 1, "C", readonly=True)
FLAGS = types.Array(types.boolean, 1, "C", readonly=True)
BYTES = types.Array(types.uint8, 1, "C", readonly=True)
OUT_REALS = types.Array(types.float64, 1, "C")
OUT_REALS2 = types.Array(types.float64, 2, "C")
OUT_INTS = types.Array(types.int32, 1, "C")
OUT_LONGS = types.Array(types.int64, 1, "C")
OUT_LONGS2 = types.Array(types.int64, 2, "C")
OUT_BYTES = types.Array(types.uint8, 1, "C")
OUT_BYTES2 = types.Array(types.uint8, 2, "C")


def several(*kinds: Any) -> Any:
    """The type of a kernel's result that is made of several."""
    return types.Tuple(kinds)


def kernel(result: Any, *arguments: Any) -> Callable[[F], F]:
    """Compile a function for `arguments`; it runs without the interpreter's lock and is cached on disk."""

    def compiled(function: F) -> F:
        return cast("F", numba.njit(result(*arguments), cache=True, nogil=True)(function))

    return compiled


def inlined(function: F) -> F:
    """A small function for use inside kernels; it takes whatever types it is called with."""
    return cast("F", numba.njit(function, inline="never", nogil=True))
