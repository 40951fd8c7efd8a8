"""The acts of the script: each explains itself, says its facts as JSON, and refuses with words."""

import ast
import json
from pathlib import Path

import pytest

from tests.config.instance import ROOT, call, find_port, running

ACTS = [
    "up", "test", "doctor", "backup", "restore", "firm", "member", "channel", "keys rotate", "route eval", "bench",
    "feed check", "links discover", "export",
]  # fmt: skip


@pytest.mark.parametrize("act", ACTS)
def test_each_act_explains_itself(act: str) -> None:
    said = call(*act.split(), "--help")
    assert (said.returncode, "usage: ./parvis " + act in said.stdout) == (0, True)


def test_the_start_script_can_be_read_by_an_old_python() -> None:
    ast.parse((ROOT / "parvis").read_text(), feature_version=(3, 4))


def test_an_act_without_a_database_says_what_to_do(tmp_path: Path) -> None:
    refused = call("firm", "--data", tmp_path)
    assert (refused.returncode, "./parvis up" in refused.stderr) == (2, True)


def test_a_hopeless_feed_is_an_error_and_never_a_trace(tmp_path: Path) -> None:
    (tmp_path / "feed.xml").write_bytes(b"\x00\xff nothing of a feed")
    found = call("feed", "check", tmp_path / "feed.xml", "--json")
    assert (found.returncode, bool(json.loads(found.stdout)["error"])) == (1, True)
    assert "Traceback" not in found.stderr


def test_a_copy_of_a_running_instance_comes_back_and_starts(tmp_path: Path) -> None:
    with running(tmp_path / "data", tmp_path / "log") as instance:
        assert call("backup", tmp_path / "copy", "--with-key", "--data", instance.data).returncode == 0
        findings = json.loads(call("doctor", "--data", instance.data, "--json").stdout)
    assert {finding["check"] for finding in findings if finding["ok"]} >= {"files", "database", "outbox"}
    back = call("restore", tmp_path / "copy", "--data", tmp_path / "new", "--json")
    assert json.loads(back.stdout) == {"to_look_at": 0}
    assert json.loads(call("firm", "--data", tmp_path / "new", "--json").stdout) == []
    refused = call("up", "--data", tmp_path / "copy" / "parvis.sqlite3", "--port", find_port())
    assert refused.returncode == 2
