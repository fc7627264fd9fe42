"""What tools/packages.py decides on the systems it knows, on one it does not, and for people who may not install."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
import packages

POSTGRESQL_AND_FONT = {
    ("debian", "12"): ["postgresql-15-postgis-3", "postgresql-15-pgrouting", "fonts-noto-cjk"],
    ("debian", "13"): ["postgresql-17-postgis-3", "postgresql-17-pgrouting", "fonts-noto-cjk"],
    ("ubuntu", "22.04"): ["postgresql-14-postgis-3", "postgresql-14-pgrouting", "fonts-noto-cjk"],
    ("ubuntu", "24.04"): ["postgresql-16-postgis-3", "postgresql-16-pgrouting", "fonts-noto-cjk"],
    ("ubuntu", "26.04"): ["postgresql-18-postgis-3", "postgresql-18-pgrouting", "fonts-noto-cjk"],
}


class Machine:
    """A machine with nothing on it, of which a test says what there is; it notes what would have been run."""

    def __init__(self, folder, patch):
        self.root, self.ran, self.programs, self.sudo_lets = folder, [], {"apt-get", "sudo"}, True
        patch.setattr(packages, "OS_RELEASE", folder / "os-release")
        patch.setattr(packages, "DEBIAN_LIBRARIES", folder / "postgresql")
        patch.setattr(packages, "FONTS", folder / "fonts")
        patch.setattr(packages, "has_venv", lambda: True)
        patch.setattr(packages.shutil, "which", self.which)
        patch.setattr(packages.subprocess, "run", self.run)
        patch.setattr(os, "geteuid", lambda: 1000)
        for name in ("WANGGE_DATABASE_URL", "WANGGE_CHROMIUM"):
            patch.delenv(name, raising=False)

    def which(self, name):
        return f"/usr/bin/{name}" if name in self.programs else None

    def run(self, command, **_):
        self.ran.append(" ".join(command))
        failed = command[0] == "sudo" and not self.sudo_lets
        return packages.subprocess.CompletedProcess(command, int(failed), stderr="")

    def is_a(self, name, version):
        """Say which system it is, as /etc/os-release does: Debian quotes the version, and has no more than that."""
        (self.root / "os-release").write_text(f'PRETTY_NAME="{name} {version}"\nID={name}\nVERSION_ID="{version}"\n')

    def has(self, path):
        """Put a file there."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()


@pytest.fixture
def machine(tmp_path, monkeypatch):
    made = Machine(tmp_path, monkeypatch)
    made.is_a("debian", "12")
    return made


@pytest.mark.parametrize("system", POSTGRESQL_AND_FONT)
def test_every_release_that_we_know_gets_the_postgresql_it_brings_itself(system, machine):
    machine.is_a(*system)
    assert [packages.package_of(name) for name in packages.missing()] == POSTGRESQL_AND_FONT[system]
    assert set(POSTGRESQL_AND_FONT) == set(packages.POSTGRESQL)


@pytest.mark.parametrize("version", ["14", "15", "18"])
def test_a_machine_that_has_everything_installs_nothing(version, machine):
    machine.has(f"postgresql/{version}/lib/postgis-3.so")
    machine.has(f"postgresql/{version}/lib/libpgrouting-3.4.so")
    machine.has("fonts/opentype/noto/NotoSansCJK-Regular.ttc")
    assert packages.packages_ready()


def test_a_postgresql_that_is_too_old_or_has_scripts_only_does_not_count(machine):
    machine.has("postgresql/13/lib/postgis-3.so")
    machine.has("postgresql/15/lib/address_standardizer-3.so")
    machine.has("share/postgresql/15/extension/pgrouting.control")
    assert packages.missing() == ["postgis", "pgrouting", "noto"]


def test_with_a_server_elsewhere_no_postgresql_is_wanted(machine, monkeypatch):
    monkeypatch.setenv("WANGGE_DATABASE_URL", "postgresql://elsewhere/wangge")
    assert packages.missing() == ["noto"]


def test_elsewhere_the_server_is_where_pg_config_says(machine, monkeypatch):
    machine.is_a("fedora", "42")
    machine.programs = {"pg_config"}
    monkeypatch.setattr(packages.subprocess, "check_output", lambda *_, **__: f"{machine.root}/pgsql\n")
    machine.has("pgsql/postgis-3.so")
    machine.has("pgsql/libpgrouting-3.7.so")
    machine.has("fonts/google-noto-cjk/NotoSansCJK-VF.ttc")
    assert packages.packages_ready()


@pytest.mark.parametrize("system", [("fedora", "42"), ("debian", "11"), ("debian", ""), ("ubuntu", "20.04")])
def test_another_system_is_told_what_is_missing_and_nothing_is_run(system, machine):
    machine.is_a(*system)
    machine.has("fonts/NotoSansCJK-Regular.ttc")
    with pytest.raises(packages.Trouble, match=r"please install yourself: PostgreSQL 14 or newer.*pgRouting") as told:
        packages.install_packages()
    assert "Noto" not in str(told.value)
    assert "WANGGE_DATABASE_URL" in str(told.value)
    assert machine.ran == []


def test_a_user_installs_through_sudo_and_no_server_of_debian_is_made(machine):
    packages.install_packages()
    assert machine.ran[0] == "sudo true"
    assert all(command.startswith("sudo ") for command in machine.ran)
    made, installed, removed = (
        next(number for number, command in enumerate(machine.ran) if part in command)
        for part in ("create_main_cluster = false", "postgresql-15-postgis-3", "rm ")
    )
    assert made < installed < removed


def test_root_needs_no_sudo(machine, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    machine.programs = {"apt-get"}
    packages.install_packages()
    assert machine.ran
    assert not any("sudo" in command for command in machine.ran)


@pytest.mark.parametrize(("programs", "lets"), [({"apt-get"}, True), ({"apt-get", "sudo"}, False)])
def test_who_may_not_use_sudo_is_asked_once_and_told_what_an_administrator_runs(programs, lets, machine):
    machine.programs, machine.sudo_lets = programs, lets
    with pytest.raises(packages.Trouble, match=r"apt-get install .* postgresql-15-postgis-3 .* fonts-noto-cjk"):
        packages.install_packages()
    assert machine.ran == (["sudo true"] if "sudo" in programs else [])


def test_chromium_is_debians_or_the_one_that_is_named(machine, monkeypatch):
    assert not packages.chromium_ready()
    packages.install_chromium()
    assert any("install" in command and command.endswith(" chromium-headless-shell libegl1") for command in machine.ran)
    machine.programs.add("chromium")
    assert packages.chromium_ready()
    monkeypatch.setattr(packages.shutil, "which", lambda name: f"/snap/bin/{name}")
    assert not packages.chromium_ready()
    monkeypatch.setenv("WANGGE_CHROMIUM", "/opt/google/chrome/chrome")
    assert packages.chromium_ready()


@pytest.mark.parametrize("system", [("ubuntu", "24.04"), ("fedora", "42")])
def test_where_there_is_no_chromium_for_tests_one_is_told_to_name_another(system, machine):
    machine.is_a(*system)
    with pytest.raises(packages.Trouble, match="WANGGE_CHROMIUM"):
        packages.install_chromium()
    assert machine.ran == []
