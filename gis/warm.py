"""Every kernel compiled ahead, so that nobody waits for it: `python -m gis.warm`, or `warm()`.

Kernels have explicit types: importing a module compiles its own, or takes them from numba's cache.
"""

import importlib
import pkgutil

import gis


def warm() -> list[str]:
    """The names of the modules of `gis` that are imported and compiled now."""
    names = [f"{gis.__name__}.{module.name}" for module in pkgutil.iter_modules(gis.__path__) if not module.ispkg]
    names.remove(__spec__.name)
    for name in names:
        importlib.import_module(name)
    return names


if __name__ == "__main__":
    warm()
