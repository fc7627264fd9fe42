"""Sealing with the keys of a home or of a key service."""

import stat
import sys

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.errors import Unavailable
from app.imports.check import check
from app.keys import FILE, KeyCommand, KeyFile, Keys, new_keys
from app.register.phones import seal_phone, tail_hash
from app.register.sealed_phones import are_sealed, seal_plain_phones
from app.sealing import FORM, Sealer
from app.settings import Settings
from tests.fixtures.database import ask
from tests.fixtures.town import SEALER

NOT_SEALED = "ALTER TABLE households DROP CONSTRAINT ck_households_contact_phone_sealed"
AGAIN = (
    "ALTER TABLE households ADD CONSTRAINT ck_households_contact_phone_sealed "
    f"CHECK ((contact_phone = '' AND contact_phone_tail = '') OR contact_phone ~ '{FORM}') NOT VALID"
)


def sealer_of(home):
    return Sealer.of(Settings(home=home))


def test_a_sealed_text_comes_back_and_cannot_be_read_meanwhile(tmp_path):
    sealer = sealer_of(tmp_path)
    sealed = sealer.seal("13812345678")
    assert "13812345678" not in sealed
    assert sealed != sealer.seal("13812345678")
    assert sealer_of(tmp_path).unseal(sealed) == "13812345678"
    assert sealer.unseal(sealer.seal("")) == ""


def test_the_keys_are_made_once_and_only_their_owner_reads_them(tmp_path):
    sealer_of(tmp_path / "home")
    file = tmp_path / "home" / FILE
    before = file.read_bytes()
    sealer_of(tmp_path / "home")
    assert file.read_bytes() == before
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == [FILE]


def test_who_has_the_keys_already_follows_a_new_one_and_no_hash_changes(tmp_path):
    old = sealer_of(tmp_path)
    sealed, hashed = old.seal("a"), old.keyed_hash("a")
    KeyFile(tmp_path).add()
    new = sealer_of(tmp_path)
    assert (new.unseal(sealed), new.keyed_hash("a")) == ("a", hashed)
    assert old.unseal(new.seal("a")) == "a"
    assert old.seal("a").split(".")[0] == new.keys.ids()[0] != sealed.split(".")[0]


def test_what_was_read_before_its_key_went_is_still_opened(tmp_path):
    running = sealer_of(tmp_path)
    sealed = running.seal("a")
    file = KeyFile(tmp_path)
    file.add()
    file.keep_newest()
    running.seal("b")  # has seen the new keys
    assert running.unseal(sealed) == "a"
    with pytest.raises(Unavailable):
        sealer_of(tmp_path).unseal(sealed)


def test_a_running_server_makes_no_new_keys_where_the_file_is_gone(tmp_path):
    running = sealer_of(tmp_path)
    (tmp_path / FILE).unlink()
    assert running.unseal(running.seal("a")) == "a"
    assert not (tmp_path / FILE).exists()


def test_another_home_opens_nothing_and_hashes_differently(tmp_path):
    one, other = sealer_of(tmp_path / "one"), sealer_of(tmp_path / "other")
    assert one.keyed_hash("5678") == one.keyed_hash("5678") != other.keyed_hash("5678")
    for token in (one.seal("a"), "nonsense", one.keys.ids()[0], f"{other.keys.ids()[0]}.nonsense"):
        with pytest.raises(Unavailable):
            other.unseal(token)


@pytest.mark.parametrize("content", ["", "hash:abc\n", "{data}\n", "{data}\nhash:\n", "nonsense\nhash:abc\n"])
def test_a_broken_file_of_keys_is_told_rather_than_replaced_and_its_content_not_said(tmp_path, content):
    key = new_keys().data[0]
    (tmp_path / FILE).write_text(content.format(data=key))
    with pytest.raises(ValueError, match="put back") as found:
        sealer_of(tmp_path)
    assert key not in str(found.value)
    assert "nonsense" not in str(found.value)


def test_a_key_service_gives_the_keys_and_the_home_holds_none(tmp_path):
    kept = tmp_path / "kept"
    kept.write_text(new_keys().text())
    home = tmp_path / "home"
    command = f"{sys.executable} -c \"print(open('{kept}').read())\""
    settings = Settings.from_environment({"WANGGE_HOME": str(home), "WANGGE_KEY_COMMAND": command})
    sealer = Sealer.of(settings)
    assert sealer.keys == Keys.of(kept.read_text(), "")
    assert sealer.unseal(sealer.seal("a")) == "a"
    assert not home.exists()


@pytest.mark.parametrize("command", ["/no/such/program", "false", "echo"])
def test_a_key_service_that_fails_is_told(command):
    with pytest.raises(ValueError, match="WANGGE_KEY_COMMAND"):
        Sealer(KeyCommand(command))


def test_a_key_service_that_is_away_later_stops_nobody(tmp_path):
    kept = tmp_path / "kept"
    kept.write_text(new_keys().text())
    sealer = Sealer(KeyCommand(f"cat {kept}"))
    sealed = sealer.seal("a")
    kept.unlink()
    with pytest.raises(Unavailable):
        sealer.unseal("00000000.gAAAA")  # asks the service for it, in vain
    assert sealer.unseal(sealed) == "a"


def test_the_database_itself_takes_no_plain_phone(session):
    with pytest.raises(IntegrityError, match="contact_phone_sealed"), session.begin_nested():
        session.execute(text("UPDATE households SET contact_phone = '13812345678'"))


def test_a_phone_that_is_erased_takes_what_it_was_found_by_with_it(session):
    with pytest.raises(IntegrityError, match="contact_phone_sealed"), session.begin_nested():
        session.execute(text("UPDATE households SET contact_phone = ''"))
    session.execute(text("UPDATE households SET contact_phone = '', contact_phone_tail = ''"))


def test_every_phone_of_a_load_is_sealed_and_found_by_its_last_four_digits(session):
    rows = session.execute(text("SELECT contact_phone, contact_phone_tail FROM households WHERE size > 0")).all()
    assert len(rows) > 1000
    for row in rows[:50]:
        phone = SEALER.unseal(row.contact_phone)
        assert phone.startswith("000-")
        assert row.contact_phone_tail == tail_hash(SEALER, phone[-4:])
        assert len(row.contact_phone_tail) == 64


@pytest.mark.parametrize(
    ("phone", "digits"), [("+86 138-1234-5678", "5678"), ("010-82345678转801", "5678"), ("110", None), ("", None)]
)
def test_the_end_of_a_phone_is_that_of_its_number(phone, digits):
    assert seal_phone(SEALER, phone).tail == (tail_hash(SEALER, digits) if digits else "")


def test_phones_that_an_older_version_left_are_sealed_and_vouched_for(fresh_database):
    with fresh_database() as database:
        ask(database.owner, NOT_SEALED)
        ask(database.owner, "UPDATE households SET contact_phone = '138' || lpad(id::text, 8, '0') WHERE size > 0")
        ask(database.owner, AGAIN)
        assert not are_sealed(database.owner)
        plain = ask(database.owner, "SELECT count(*) FROM households WHERE size > 0")
        assert seal_plain_phones(database.owner, SEALER) == plain
        assert are_sealed(database.owner)
        assert seal_plain_phones(database.owner, SEALER) == 0
        number = ask(database.owner, "SELECT max(id) FROM households WHERE size > 0")
        sealed = ask(database.owner, f"SELECT contact_phone FROM households WHERE id = {number}")
        assert SEALER.unseal(sealed) == f"138{number:08d}"


def test_check_counts_plain_phones_and_those_whose_key_is_not_here_as_broken(session):
    assert check(session, keys=SEALER.keys.ids()).sound
    found = {v.kind: v for v in check(session, keys=["00000000"]).violations}
    assert found["phones_readable"].severity == "broken"
    assert SEALER.keys.ids()[0] in found["phones_readable"].text
    session.execute(text(NOT_SEALED))
    session.execute(
        text("UPDATE households SET contact_phone = '13812345678' WHERE id = (SELECT min(id) FROM households)")
    )
    found = {v.kind: v for v in check(session, keys=SEALER.keys.ids()).violations}
    assert found["phones_sealed"].severity == "broken"
    assert found["phones_sealed"].text.startswith("1 phones")
