"""Every setting, command and network has its page; the project speaks of itself alone."""

import re
import subprocess
from pathlib import Path

import pytest

from parvis.wire.registry import list_names

ROOT = Path(__file__).parents[2]
OPERATOR = (ROOT / "docs/operator.md").read_text("utf-8")


@pytest.mark.parametrize("name", list_names())
def test_every_network_has_its_page(name: str) -> None:
    assert (ROOT / f"docs/networks/{name}.md").exists()


def test_every_setting_is_told() -> None:
    settings = (ROOT / "src/parvis/config/settings.py").read_text("utf-8")
    names = set(re.findall(r"\"(PARVIS_[A-Z_]+)\"", settings)) - {"PARVIS_TEST_DB"}
    told = {name for name in names if name in OPERATOR or f"`_{name.rsplit('_', 1)[-1]}`" in OPERATOR}
    assert names - told == set()


def test_every_command_is_told() -> None:
    cli = (ROOT / "src/parvis/config/cli.py").read_text("utf-8")
    names = re.findall(r"add_act\(\s*\w+, \"(\w+)\"", cli)
    assert len(names) > 8
    assert [name for name in names if name not in OPERATOR] == []


def test_no_machine_of_ours_is_named() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    wrong = []
    for name in listed:
        path = ROOT / name
        if path.suffix in (".woff2", ".mo", ".png") or not path.is_file() or path == Path(__file__):
            continue
        if re.search(r"/(work|farm)/|/root/", path.read_text("utf-8", errors="replace")):
            wrong.append(name)
    assert wrong == []
