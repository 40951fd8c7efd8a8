"""The bench of a proposal's cost holds, and says what it measured."""

from parvis.routing.bench import make_firm, rows
from parvis.routing.encode import Encoder


def test_every_row_holds_and_is_whole(encoder: Encoder) -> None:
    found = rows(quick=True)
    assert [set(row) for row in found] == [{"measure", "value", "unit", "bound", "holds", "beside"}] * 2
    assert all(row["holds"] and 0 < row["value"] <= row["bound"] for row in found)


def test_the_made_up_firm_is_the_same_at_every_run() -> None:
    assert make_firm(3) == make_firm(3)
    assert len({person.topics for person in make_firm(50)}) == 50
