"""Sealing with the keys of a home."""

import stat

import pytest
from cryptography.fernet import Fernet

from app.errors import Unavailable
from app.sealing import KEY_FILE, Sealer


def test_a_sealed_text_comes_back_and_cannot_be_read_meanwhile(tmp_path):
    sealer = Sealer.of(tmp_path)
    sealed = sealer.seal("13812345678")
    assert "13812345678" not in sealed
    assert sealed != sealer.seal("13812345678")
    assert Sealer.of(tmp_path).unseal(sealed) == "13812345678"


def test_the_keys_are_made_once_and_only_their_owner_reads_them(tmp_path):
    Sealer.of(tmp_path / "home")
    file = tmp_path / "home" / KEY_FILE
    before = file.read_bytes()
    Sealer.of(tmp_path / "home")
    assert file.read_bytes() == before
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == [KEY_FILE]


def test_a_new_key_in_front_opens_what_the_old_one_sealed_and_changes_no_hash(tmp_path):
    old = Sealer.of(tmp_path)
    sealed, hashed = old.seal("a"), old.keyed_hash("a")
    file = tmp_path / KEY_FILE
    file.write_bytes(Fernet.generate_key() + b"\n" + file.read_bytes())
    new = Sealer.of(tmp_path)
    assert (new.unseal(sealed), new.keyed_hash("a")) == ("a", hashed)
    with pytest.raises(Unavailable):
        old.unseal(new.seal("a"))


def test_another_home_opens_nothing_and_hashes_differently(tmp_path):
    one, other = Sealer.of(tmp_path / "one"), Sealer.of(tmp_path / "other")
    assert one.keyed_hash("5678") == one.keyed_hash("5678") != other.keyed_hash("5678")
    for token in (one.seal("a"), "nonsense", ""):
        with pytest.raises(Unavailable):
            other.unseal(token)


def test_an_empty_file_of_keys_is_told_rather_than_replaced(tmp_path):
    (tmp_path / KEY_FILE).touch()
    with pytest.raises(ValueError, match="backup"):
        Sealer.of(tmp_path)
