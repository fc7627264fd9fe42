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
OLDEST_POSTGRESQL = 14
LIBRARIES = {"postgis": "postgis-3*.so", "pgrouting": "libpgrouting-*.so"}  # each package brings its own
WORDS = {  # what a package is called where it has another name
    "postgis": f"PostgreSQL {OLDEST_POSTGRESQL} or newer with PostGIS 3.3 or newer",
    "pgrouting": "pgRouting for that PostgreSQL",
    "noto": "the font Noto Sans CJK",
    "venv": "Python's venv module",
}
CHROMIUM = ["chromium-headless-shell", "chromium"]  # the first draws no window: half the work
DRAWING = "libegl1"  # lets Chromium draw maps by Mesa, for half of what its own drawing in software takes
SNAPS = "/snap/"
NO_CLUSTER = Path("/etc/postgresql-common/createcluster.d/wangge.conf")
OS_RELEASE = Path("/etc/os-release")
DEBIAN_LIBRARIES = Path("/usr/lib/postgresql")
FONTS = Path("/usr/share/fonts")


class Trouble(Exception):
    """Something that only the reader can mend."""


def packages_ready() -> bool:
    """Whether nothing is missing; PostgreSQL is not where an existing server is used."""
    return not missing()


def missing() -> list[str]:
    """What is not installed here and is needed, by the words of `WORDS`."""
    own_server = not os.environ.get("WANGGE_DATABASE_URL")
    wanted = [name for name in LIBRARIES if own_server and not has_library(name)]
    if not any(FONTS.glob("**/NotoSansCJK*")):
        wanted.append("noto")
    if not has_venv():
        wanted.append("venv")
    return wanted


def package_of(name: str) -> str:
    """The package of this system that brings what `missing` names."""
    version = POSTGRESQL[system()]
    return {
        "postgis": f"postgresql-{version}-postgis-3",
        "pgrouting": f"postgresql-{version}-pgrouting",
        "noto": "fonts-noto-cjk",
        "venv": f"python{sys.version_info.major}.{sys.version_info.minor}-venv",
    }[name]


def has_library(name: str) -> bool:
    """Whether some PostgreSQL of this machine that is new enough has the extension itself, not its scripts alone."""
    return any(True for folder in library_folders() for _ in folder.glob(LIBRARIES[name]))


def library_folders() -> list[Path]:
    """Where the servers of this machine keep libraries: in Debian's places, else where `pg_config` says."""
    versions = [folder for folder in DEBIAN_LIBRARIES.glob("*") if folder.name.isdigit()]
    if versions:
        return [folder / "lib" for folder in versions if int(folder.name) >= OLDEST_POSTGRESQL]
    if config := shutil.which("pg_config"):
        return [Path(subprocess.check_output([config, "--pkglibdir"], text=True).strip())]
    return []


def has_venv() -> bool:
    """Whether this Python can make virtual environments: Debian keeps `ensurepip` in a package of its own."""
    return find_spec("ensurepip") is not None


def system() -> tuple[str, str]:
    """The distribution and its version, such as ("debian", "12")."""
    lines = OS_RELEASE.read_text().splitlines() if OS_RELEASE.exists() else []
    facts = dict(line.split("=", 1) for line in lines if "=" in line)
    return facts.get("ID", "").strip('"'), facts.get("VERSION_ID", "").strip('"')


def install_packages() -> None:
    """Install what is missing; Trouble that names it where we cannot."""
    wanted = missing()
    if not known_system():
        instead = "" if LIBRARIES.keys().isdisjoint(wanted) else " Or name a PostGIS server in WANGGE_DATABASE_URL."
        raise Trouble(
            "This setup knows Debian 12 and 13 and Ubuntu 22.04, 24.04 and 26.04. Here, please install yourself: "
            f"{', '.join(WORDS[name] for name in wanted)}.{instead}"
        )
    install([package_of(name) for name in wanted])


def known_system() -> bool:
    """Whether we know what the packages of this system are called, and can install them."""
    return system() in POSTGRESQL and shutil.which("apt-get") is not None


def install(packages: list[str]) -> None:
    """Install Debian packages as root or by sudo."""
    prefix = [] if os.geteuid() == 0 else ["sudo"]
    # Asked once and for all: a wrong password would be asked for again by every command that follows.
    if prefix and not (shutil.which("sudo") and subprocess.run(["sudo", "true"], check=False).returncode == 0):
        raise Trouble(
            "This needs sudo. Or ask an administrator to run: "
            f"apt-get install --no-install-recommends {' '.join(packages)}"
        )
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
    """Whether there is a Chromium that the tests can drive: a snap cannot be."""
    found = [path for path in map(shutil.which, CHROMIUM) if path and not path.startswith(SNAPS)]
    return bool(os.environ.get("WANGGE_CHROMIUM") or found)


def install_chromium() -> None:
    """Install Debian's Chromium; Trouble where there is none."""
    if not known_system() or system()[0] == "ubuntu":
        raise Trouble(
            "Tests drive Debian's Chromium; Ubuntu's is a snap, which they cannot: install Google Chrome or another "
            "Chromium, and name its program in WANGGE_CHROMIUM."
        )
    install([CHROMIUM[0], DRAWING])
