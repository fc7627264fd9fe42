"""Brings a machine from nothing to what a make target needs: one line for each step, with its seconds.

    python3 tools/setup.py run     Debian packages, Python packages, the browser's libraries, compiled scripts
    python3 tools/setup.py test    the same, the tools of development, and Chromium
    python3 tools/setup.py bench   Debian packages, and .venv-bench: the tools of development and the benchmarks' peers

A step that was done leaves a stamp in .stamps/ with the hash of what it depends on, and is passed over as long as that
stays. Only the standard library is used: this runs before .venv exists.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from packages import Trouble, chromium_ready, install_chromium, install_packages, packages_ready

ROOT = Path(__file__).resolve().parent.parent
STAMPS = ROOT / ".stamps"
LOG = STAMPS / "setup.log"
VENV = ROOT / ".venv"
BENCH_VENV = ROOT / ".venv-bench"
OLDEST_NODE = 20


def main(goal: str) -> None:
    """Do every step of `goal` ("run", "test" or "bench") that is not done."""
    STAMPS.mkdir(exist_ok=True)
    LOG.write_text("")
    step("system packages", install_packages, done=packages_ready)
    if goal == "bench":
        peers = ROOT / "requirements-bench.lock"
        step(
            "Python packages and peers",
            lambda: install_python(peers, BENCH_VENV),
            done=lambda: holds(peers, BENCH_VENV),
        )
        return
    lock = ROOT / ("requirements.lock" if goal == "test" else "requirements-run.lock")
    step("Python packages", lambda: install_python(lock, VENV), done=lambda: python_ready(lock))
    node = str(VENV / "bin") if not system_node() else ""
    os.environ["PATH"] = os.pathsep.join(filter(None, (node, os.environ.get("PATH", ""))))
    step("Node", install_node, done=lambda: not node or (VENV / "bin/node").exists())
    packages = [ROOT / "package.json", ROOT / "package-lock.json", ROOT / "tools/vendor.mjs"]
    stamped("the browser's libraries", packages, install_libraries, there=ROOT / "node_modules/typescript")
    sources = [ROOT / "tsconfig.json", ROOT / "package-lock.json", *sorted((ROOT / "static/src").rglob("*.ts"))]
    stamped("compiled scripts", sources, compile_scripts, there=ROOT / "static/js")
    stamped("compiled kernels", sorted((ROOT / "gis").glob("*.py")), compile_kernels, there=ROOT / "gis/__pycache__")
    if goal == "test":
        step("Chromium", install_chromium, done=chromium_ready)


def step(title: str, work: Callable[[], None], *, done: Callable[[], bool]) -> None:
    """Do `work` where it is not `done`, and print how long it took."""
    if done():
        return
    print(f"{title} …", end=" ", flush=True)
    began = time.monotonic()
    work()
    print(f"{time.monotonic() - began:.1f} s", flush=True)


def stamped(title: str, inputs: Iterable[Path], work: Callable[[], None], *, there: Path) -> None:
    """Do `work` where its inputs changed since it was done last, or what it makes is not `there`."""
    stamp = STAMPS / title.replace(" ", "-")
    wanted = digest(inputs)
    step(title, work, done=lambda: there.exists() and stamp.exists() and stamp.read_text() == wanted)
    stamp.write_text(wanted)


def digest(files: Iterable[Path]) -> str:
    """A hash of the files' names and contents."""
    total = hashlib.sha256(str(ROOT).encode())
    for file in files:
        total.update(file.relative_to(ROOT).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return total.hexdigest()


def python_ready(lock: Path) -> bool:
    """Whether .venv holds the packages of `lock`, or of the larger lock for development."""
    return any(holds(file, VENV) for file in (ROOT / "requirements.lock", lock))


def holds(lock: Path, venv: Path) -> bool:
    """Whether `venv` holds the packages of `lock` as it is now."""
    stamp = python_stamp(lock)
    wanted = digest([lock, ROOT / "pyproject.toml"])
    return (venv / "bin/wangge").exists() and stamp.exists() and stamp.read_text() == wanted


def python_stamp(lock: Path) -> Path:
    """Where it is noted that `lock` is installed."""
    return STAMPS / f"python-{lock.stem}"


def install_python(lock: Path, venv: Path) -> None:
    """Make `venv` where it is missing and install `lock`, then Wangge itself from this folder."""
    if not (venv / "bin/python").exists() or run([venv / "bin/python", "-c", "import pip"], check=False):
        shutil.rmtree(venv, ignore_errors=True)
        run([sys.executable, "-m", "venv", venv])
    pip: list[str | Path] = [venv / "bin/python", "-m", "pip", "--disable-pip-version-check", "install", "--no-deps"]
    # Not compiled: Python compiles what it imports at the first start, a small part of all.
    run([*pip, "--no-compile", "--require-hashes", "-r", lock])
    run([*pip, "--no-build-isolation", "--editable", ROOT])
    python_stamp(lock).write_text(digest([lock, ROOT / "pyproject.toml"]))


def system_node() -> bool:
    """Whether the machine has npm and a Node that is new enough."""
    if not shutil.which("node") or not shutil.which("npm"):
        return False
    answer = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout
    major = answer.strip().lstrip("v").split(".")[0]
    return major.isdigit() and int(major) >= OLDEST_NODE


def install_node() -> None:
    """Install Node into .venv."""
    lock = ROOT / "requirements-node.lock"
    run([VENV / "bin/python", "-m", "pip", "install", "--no-deps", "--require-hashes", "-r", lock])


def install_libraries() -> None:
    """Install node_modules and copy what browsers load."""
    run(["npm", "ci", "--ignore-scripts"])
    run(["node", "tools/vendor.mjs"])


def compile_scripts() -> None:
    """Compile static/src to static/js, one file to one file."""
    shutil.rmtree(ROOT / "static/js", ignore_errors=True)
    run([ROOT / "node_modules/.bin/tsc"])


def compile_kernels() -> None:
    """Compile what reckons on roads, so that the first who asks does not wait for it."""
    run([VENV / "bin/python", "-m", "gis.warm"])


def run(command: Sequence[str | Path], *, check: bool = True) -> int:
    """The exit code of `command`, whose output goes to the log; Trouble with the log's end where it fails."""
    with LOG.open("a") as log:
        log.write(f"$ {' '.join(map(str, command))}\n")
        log.flush()
        code = subprocess.run(list(map(str, command)), cwd=ROOT, stdout=log, stderr=log, check=False).returncode
    if code and check:
        end = "\n".join(LOG.read_text(errors="replace").splitlines()[-15:])
        raise Trouble(f"{command[0]} failed (all of it: {LOG.relative_to(ROOT)}):\n{end}")
    return code


if __name__ == "__main__":
    try:
        main(sys.argv[1] if len(sys.argv) > 1 else "run")
    except Trouble as trouble:
        sys.exit(f"\n{trouble}")
    except KeyboardInterrupt:
        sys.exit("\nStopped; the next start goes on from here.")
