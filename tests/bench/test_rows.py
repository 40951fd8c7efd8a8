"""Each bench of the database runs at its small size, says whole rows, and keeps the promises that do not hang on speed."""

from pathlib import Path
from typing import Any

import pytest

from parvis.config.apart import make_environment
from parvis.config.bench import BENCHES, ON_A_DATABASE, run_bench

SURE = {
    "inbox": "queries a page",
    "intake": "lock errors",
    "live": "change in one process to the line of another's stream, p95",
    "search": "search in the index p95",
}


@pytest.mark.parametrize("name", sorted(ON_A_DATABASE))
def test_bench_says_whole_rows(name: str) -> None:
    found = run_bench(name, quick=True)
    assert found["bench"] == name
    assert all(set(row) == {"measure", "value", "unit", "bound", "holds", "beside"} for row in found["rows"])
    row: dict[str, Any] = next(row for row in found["rows"] if row["measure"] == SURE[name])
    assert row["holds"], row


def test_settings_of_whoever_asks_do_not_reach_the_bench(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PARVIS_DATABASE_URL", "postgresql://nobody@nowhere/none")
    monkeypatch.setenv("PARVIS_PRACTICE", "1")
    environment = make_environment(tmp_path)
    assert {name for name in environment if name.startswith("PARVIS_")} == {"PARVIS_DATA"}
    assert set(BENCHES) >= ON_A_DATABASE
