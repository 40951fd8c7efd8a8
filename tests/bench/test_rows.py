"""Each bench of the database runs at its small size, says whole rows, and keeps the promises that do not hang on speed."""

from pathlib import Path
from typing import Any

import pytest

from parvis.config.apart import make_environment
from parvis.config.bench import BENCHES, ON_A_DATABASE, run_bench
from tests.peers.bluesky import Network

SURE = {"inbox": "queries a page", "intake": "lock errors"}  # what speed has no part in


def check_rows(name: str) -> list[dict[str, Any]]:
    found = run_bench(name, quick=True)
    assert found["bench"] == name
    assert found["rows"]
    assert all(set(row) == {"measure", "value", "unit", "bound", "holds", "beside"} for row in found["rows"])
    rows: list[dict[str, Any]] = found["rows"]
    return rows


@pytest.mark.parametrize("name", sorted(ON_A_DATABASE - {"heard"}))
def test_bench_says_whole_rows(name: str) -> None:
    rows = check_rows(name)
    assert all(row["holds"] for row in rows if row["measure"] == SURE.get(name)), rows
    assert name not in SURE or any(row["measure"] == SURE[name] for row in rows)


@pytest.mark.real
def test_what_is_heard_is_measured_on_the_real_pds(bluesky_full: Network) -> None:
    assert len(check_rows("heard")) == 2


def test_settings_of_whoever_asks_do_not_reach_the_bench(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PARVIS_DATABASE_URL", "postgresql://nobody@nowhere/none")
    monkeypatch.setenv("PARVIS_PRACTICE", "1")
    environment = make_environment(tmp_path)
    assert {name for name in environment if name.startswith("PARVIS_")} == {"PARVIS_DATA"}
    assert set(BENCHES) >= ON_A_DATABASE
