"""Compiled functions: one decorator, and the types their arguments have.

Kernels carry explicit types, so they are compiled once, when their module is first imported, and come from numba's
cache from then on. Arrays that are only read are typed so: mapped files hand out such arrays.
"""

import tempfile
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., Any])

types: Any = numba.types
NOTHING, COUNT, REAL, INT, YES = types.void, types.int64, types.float64, types.int32, types.boolean
REALS = types.Array(types.float64, 1, "C", readonly=True)
REALS2 = types.Array(types.float64, 2, "C", readonly=True)
INTS = types.Array(types.int32, 1, "C", readonly=True)
LONGS = types.Array(types.int64, 1, "C", readonly=True)
FLAGS = types.Array(types.boolean, 1, "C", readonly=True)
BYTES = types.Array(types.uint8, 1, "C", readonly=True)
OUT_REALS = types.Array(types.float64, 1, "C")
OUT_REALS2 = types.Array(types.float64, 2, "C")
OUT_INTS = types.Array(types.int32, 1, "C")
OUT_LONGS = types.Array(types.int64, 1, "C")
OUT_BYTES2 = types.Array(types.uint8, 2, "C")


def several(*kinds: Any) -> Any:
    """The type of a kernel's result that is made of several."""
    return types.Tuple(kinds)


def kernel(result: Any, *arguments: Any) -> Callable[[F], F]:
    """Compile a function for `arguments`; it runs without the interpreter's lock and is cached on disk.

    The cache lies beside the source, or in the user's cache folder where that cannot be written, or where
    NUMBA_CACHE_DIR says; where none of them can be written, in a folder that lasts as long as the process.
    """

    def compiled(function: F) -> F:
        wanted = numba.njit(result(*arguments), cache=True, nogil=True)
        try:
            return cast("F", wanted(function))
        except RuntimeError as error:
            if "cannot cache" not in str(error):
                raise
            config: Any = numba.config
            config.CACHE_DIR = tempfile.mkdtemp(prefix="wangge-kernels-")
            return cast("F", numba.njit(result(*arguments), cache=True, nogil=True)(function))

    return compiled


def inlined(function: F) -> F:
    """A small function for use inside kernels; it takes whatever types it is called with."""
    return cast("F", numba.njit(function, inline="never", nogil=True))
