"""Every kernel compiled ahead, so that nobody waits for it: `python -m gis.warm`, or `warm()`.

Kernels have explicit types: importing a module compiles its own, or takes them from numba's cache. A module is imported
once those that it imports are done, as many at a time as there are cores, so that no kernel is compiled twice.
"""

import importlib
import re
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from graphlib import TopologicalSorter
from pathlib import Path

IMPORTED = re.compile(r"^from gis\.(\w+) import", re.MULTILINE)


def warm() -> None:
    """Import and compile every module of `gis`, each in one of several processes."""
    texts = {file.stem: file.read_text("utf-8") for file in Path(__file__).parent.glob("*.py") if file.stem != "warm"}
    order = TopologicalSorter({name: IMPORTED.findall(text) for name, text in texts.items()})
    order.prepare()
    running: dict[Future[None], str] = {}
    with ProcessPoolExecutor() as pool:
        while order.is_active():
            running |= {pool.submit(bring, name): name for name in order.get_ready()}
            for done in wait(running, return_when=FIRST_COMPLETED).done:
                done.result()
                order.done(running.pop(done))


def bring(name: str) -> None:
    """Import one module."""
    importlib.import_module(f"gis.{name}")


if __name__ == "__main__":
    warm()
