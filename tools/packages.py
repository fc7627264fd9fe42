"""What Debian and Ubuntu have to bring: PostgreSQL with PostGIS and pgRouting, a Chinese font, Chromium for tests."""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

# The PostgreSQL that each release brings itself; others are not in its archive.
POSTGRESQL = {
    ("debian", "12"): 15,
    ("debian", "13"): 17,
    ("ubuntu", "22.04"): 14,
    ("ubuntu", "24.04"): 16,
    ("ubuntu", "26.04"): 18,
}
CHROMIUM = ["chromium-headless-shell", "chromium"]  # the first draws no window: half the work
NO_CLUSTER = Path("/etc/postgresql-common/createcluster.d/wangge.conf")


class Trouble(Exception):
    """Something that only the reader can mend."""


def packages_ready() -> bool:
    """Whether nothing is missing, or an existing server is used and only PostgreSQL is."""
    return not missing()


def missing() -> list[str]:
    """The packages that are not installed here and are needed."""
    version = POSTGRESQL.get(system())
    extensions = {"postgis": f"postgresql-{version}-postgis-3", "pgrouting": f"postgresql-{version}-pgrouting"}
    own_server = not os.environ.get("WANGGE_DATABASE_URL")
    wanted = [package for name, package in extensions.items() if own_server and not has_extension(name)]
    if not any(Path("/usr/share/fonts").glob("**/NotoSansCJK*")):
        wanted += ["fonts-noto-cjk"]
    if not has_venv():
        wanted += [f"python{sys.version_info.major}.{sys.version_info.minor}-venv"]
    return wanted


def has_extension(name: str) -> bool:
    """Whether some PostgreSQL of this machine has the extension."""
    return any(Path("/usr/share/postgresql").glob(f"*/extension/{name}.control"))


def has_venv() -> bool:
    """Whether this Python can make virtual environments: Debian keeps `ensurepip` in a package of its own."""
    return find_spec("ensurepip") is not None


def system() -> tuple[str, str]:
    """The distribution and its version, such as ("debian", "12")."""
    file = Path("/etc/os-release")
    lines = file.read_text().splitlines() if file.exists() else []
    facts = dict(line.split("=", 1) for line in lines if "=" in line)
    return facts.get("ID", "").strip('"'), facts.get("VERSION_ID", "").strip('"')


def install_packages() -> None:
    """Install what is missing; Trouble that names it where we cannot."""
    install(missing())


def install(packages: list[str]) -> None:
    """Install Debian packages as root or by sudo."""
    if system() not in POSTGRESQL or not shutil.which("apt-get"):
        raise Trouble(
            "This setup knows Debian 12 and 13 and Ubuntu 22.04, 24.04 and 26.04. Here, please install yourself: "
            "PostgreSQL 14 or newer with PostGIS 3.3 or newer and pgRouting, Noto Sans CJK, and Python's venv module; "
            "or name a PostGIS server in WANGGE_DATABASE_URL."
        )
    prefix = [] if os.geteuid() == 0 else ["sudo"]
    if prefix and not shutil.which("sudo"):
        raise Trouble(f"Ask an administrator to run: apt-get install --no-install-recommends {' '.join(packages)}")
    if any("postgresql" in package for package in packages):
        _without_cluster(prefix, packages)
    else:
        _apt(prefix, packages)


def _without_cluster(prefix: list[str], packages: list[str]) -> None:
    """Install PostgreSQL without the server on TCP port 5432 that Debian would make and start."""
    _apt(prefix, ["postgresql-common"])
    write = f"mkdir -p {NO_CLUSTER.parent} && echo create_main_cluster = false >{NO_CLUSTER}"
    subprocess.run([*prefix, "sh", "-c", write], check=False)
    try:
        _apt(prefix, packages)
    finally:
        remove = f"rm {NO_CLUSTER} && rmdir --ignore-fail-on-non-empty {NO_CLUSTER.parent}"
        subprocess.run([*prefix, "sh", "-c", remove], check=False)


def _apt(prefix: list[str], packages: list[str]) -> None:
    """Install `packages`, with the lists fetched anew where the first try fails."""
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    wanted = [*apt, "install", "--yes", "--no-install-recommends", *packages]
    if subprocess.run(wanted, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0:
        return
    subprocess.run([*apt, "update"], stdout=subprocess.DEVNULL, check=False)
    done = subprocess.run(wanted, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise Trouble(f"apt-get could not install {' '.join(packages)}:\n{done.stderr.strip()}")


def chromium_ready() -> bool:
    """Whether there is a Chromium that the tests can drive."""
    return bool(os.environ.get("WANGGE_CHROMIUM") or any(map(shutil.which, CHROMIUM)))


def install_chromium() -> None:
    """Install Debian's Chromium; Ubuntu has it as a snap only, which cannot be driven from a test."""
    if system()[0] == "ubuntu":
        raise Trouble(
            "Ubuntu packs Chromium as a snap, which tests cannot drive: install Google Chrome or another Chromium, "
            "and name its program in WANGGE_CHROMIUM."
        )
    install(CHROMIUM[:1])
