"""Copies made while it runs, and their return."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from parvis.config.backup import back_up, restore
from parvis.config.faults import CannotStart


def make_data(folder: Path) -> sqlite3.Connection:
    folder.mkdir()
    for name in ("vault-key", "secret-key"):
        (folder / name).write_text(name)
    live = sqlite3.connect(folder / "parvis.sqlite3", check_same_thread=False)
    live.execute("PRAGMA journal_mode=WAL")
    live.execute(
        "CREATE TABLE outbox_delivery (id INTEGER PRIMARY KEY, state TEXT, lease_until TEXT, trouble_kind TEXT, trouble TEXT)"
    )
    live.executemany(
        "INSERT INTO outbox_delivery (state) VALUES (?)", [("held",), ("sending",), ("sent",), ("failed",)]
    )
    live.commit()
    return live


@pytest.fixture
def live(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(make_data(tmp_path / "data")) as connection:
        yield connection


def test_a_copy_made_while_another_writes_is_whole_and_complete(tmp_path: Path, live: sqlite3.Connection) -> None:
    stop = threading.Event()
    started = threading.Event()

    def write() -> None:
        while not stop.is_set():
            live.executemany("INSERT INTO outbox_delivery (state) VALUES (?)", [("sent",), ("sent",)])
            live.commit()
            started.set()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert started.wait(10)
        made = back_up(tmp_path / "data", tmp_path / "copy", with_key=False)
    finally:
        stop.set()
        writer.join()
    with closing(sqlite3.connect(made)) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        count = copy.execute("SELECT count(*) FROM outbox_delivery").fetchone()[0]
    assert count >= 6
    assert count % 2 == 0


def test_the_keys_stay_out_unless_asked_for(tmp_path: Path, live: sqlite3.Connection) -> None:
    back_up(tmp_path / "data", tmp_path / "plain", with_key=False)
    back_up(tmp_path / "data", tmp_path / "full", with_key=True)
    assert {p.name for p in (tmp_path / "plain").iterdir()} == {"parvis.sqlite3"}
    assert {p.name for p in (tmp_path / "full").iterdir()} == {"parvis.sqlite3", "vault-key", "secret-key"}


def test_what_had_not_surely_left_waits_for_a_person_after_a_return(tmp_path: Path, live: sqlite3.Connection) -> None:
    back_up(tmp_path / "data", tmp_path / "copy", with_key=True)
    assert restore(tmp_path / "copy", tmp_path / "new") == 2
    with closing(sqlite3.connect(tmp_path / "new" / "parvis.sqlite3")) as found:
        states = [state for (state,) in found.execute("SELECT state FROM outbox_delivery ORDER BY id")]
    assert states == ["uncertain", "uncertain", "sent", "failed"]
    assert (tmp_path / "new" / "vault-key").read_text() == "vault-key"


def test_a_copy_of_the_live_files_brings_back_what_stood_in_the_journal(
    tmp_path: Path, live: sqlite3.Connection
) -> None:
    cut = tmp_path / "cut"
    cut.mkdir()
    for name in ("parvis.sqlite3", "parvis.sqlite3-wal"):
        (cut / name).write_bytes((tmp_path / "data" / name).read_bytes())
    assert restore(cut, tmp_path / "new") == 2


def test_a_folder_that_holds_something_is_refused_and_untouched(tmp_path: Path, live: sqlite3.Connection) -> None:
    back_up(tmp_path / "data", tmp_path / "copy", with_key=True)
    (tmp_path / "data" / "vault-key").write_text("the live key")
    with pytest.raises(CannotStart, match="not empty"):
        restore(tmp_path / "copy", tmp_path / "data")
    assert (tmp_path / "data" / "vault-key").read_text() == "the live key"


def test_a_damaged_copy_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "bad.sqlite3").write_bytes(b"not a database at all " * 300)
    with pytest.raises(CannotStart, match="damaged"):
        restore(tmp_path / "bad.sqlite3", tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_an_existing_folder_is_not_written_over(tmp_path: Path, live: sqlite3.Connection) -> None:
    (tmp_path / "copy").mkdir()
    with pytest.raises(CannotStart, match="exists already"):
        back_up(tmp_path / "data", tmp_path / "copy", with_key=False)
