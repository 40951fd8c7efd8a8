"""`./parvis up` with real processes: it starts, stays, is mended, ends, and refuses with words what it cannot do."""

import re
import signal
import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.config.instance import Instance, call, find_port, running, until


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    folder = tmp_path_factory.mktemp("up")
    with running(folder / "data", folder / "log") as found:
        yield found


def test_first_start_gives_a_setup_link_that_opens_and_keeps_only_its_hash(instance: Instance) -> None:
    found = re.search(r"/bienvenue/([\w-]+)/", instance.log.read_text())
    assert found is not None
    assert instance.get(found.group(0))[0] == 200
    assert instance.get("/bienvenue/another-token/")[0] == 404
    assert found.group(1) not in (instance.data / "setup-token").read_text()


def test_keys_are_for_their_owner_alone(instance: Instance) -> None:
    modes = {name: (instance.data / name).stat().st_mode & 0o077 for name in ("vault-key", "secret-key")}
    assert modes == {"vault-key": 0, "secret-key": 0}


def test_a_second_copy_on_the_same_data_is_refused(instance: Instance) -> None:
    second = call("up", "--data", instance.data, "--port", find_port())
    assert (second.returncode, "already runs" in second.stderr) == (2, True)
    assert instance.is_up()


def test_a_killed_worker_is_started_again_and_beats(instance: Instance) -> None:
    until(lambda: instance.health()["worker"]["last_beat"] is not None, "the worker never beat")
    killed = instance.kill_child("parvis.flow.worker")
    until(lambda: instance.says("worker ended (-9); started again"), "the death was not said")
    until(lambda: instance.find_child("parvis.flow.worker") is not None, "no new worker")
    again = instance.find_child("parvis.flow.worker")
    assert again is not None
    assert again.pid != killed


def test_a_killed_web_is_started_again_and_answers(instance: Instance) -> None:
    instance.kill_child("gunicorn")
    until(lambda: instance.says("web ended (-9); started again"), "the death was not said")
    until(instance.is_up, "the web never came back")


def test_sigterm_ends_the_whole_tree_with_status_0(tmp_path: Path) -> None:
    with running(tmp_path / "data", tmp_path / "log") as instance:
        tree = instance.tree()
        assert instance.stop() == 0
        assert psutil.wait_procs(tree, timeout=10)[1] == []
        assert not instance.says("Traceback")


def test_children_end_when_the_supervisor_is_killed_outright(tmp_path: Path) -> None:
    with running(tmp_path / "data", tmp_path / "log") as instance:
        tree = instance.tree()
        instance.process.send_signal(signal.SIGKILL)
        assert psutil.wait_procs(tree, timeout=30)[1] == []


def test_a_taken_port_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        refused = call("up", "--data", tmp_path / "data", "--port", other.getsockname()[1])
    assert (refused.returncode, "is taken" in refused.stderr) == (2, True)
    assert not (tmp_path / "data").exists()


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    refused = call("up", "--data", tmp_path / "file" / "data", "--port", find_port())
    assert (refused.returncode, "cannot be written" in refused.stderr) == (2, True)


def test_a_damaged_database_is_said_and_left_as_it_is(tmp_path: Path) -> None:
    database = tmp_path / "parvis.sqlite3"
    database.write_bytes(b"this was a database once " * 400)
    before = database.read_bytes()
    refused = call("up", "--data", tmp_path, "--port", find_port())
    assert (refused.returncode, "is damaged" in refused.stderr) == (2, True)
    assert database.read_bytes() == before
    assert not (tmp_path / "vault-key").exists()


def test_a_database_of_a_newer_parvis_is_said_and_left_as_it_is(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "parvis.sqlite3") as database:
        database.execute("CREATE TABLE django_migrations (id INTEGER PRIMARY KEY, app TEXT, name TEXT, applied TEXT)")
        database.execute("INSERT INTO django_migrations VALUES (1, 'firm', '0001_initial', '2026-01-01')")
        database.execute("INSERT INTO django_migrations VALUES (2, 'firm', '9999_from_tomorrow', '2026-01-01')")
    refused = call("up", "--data", tmp_path, "--port", find_port())
    assert (refused.returncode, "newer Parvis (firm.9999_from_tomorrow)" in refused.stderr) == (2, True)
    tables = sqlite3.connect(tmp_path / "parvis.sqlite3").execute(
        "SELECT count(*) FROM sqlite_master WHERE type='table'"
    )
    assert tables.fetchone() == (1,)
