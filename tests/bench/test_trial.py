"""A percentile is one of the values, and a row says truly whether it holds."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.firm.hours import PARIS, USUAL, count_open_minutes, list_spans
from parvis.lib.trial import at_least, at_most, find_percentile

MOMENTS = st.datetimes(datetime(2025, 1, 1), datetime(2026, 12, 31), timezones=st.just(ZoneInfo("UTC")))  # noqa: DTZ001  # hypothesis adds the zone


@pytest.mark.parametrize(("percent", "value"), [(50, 3), (95, 5), (99, 5), (20, 1), (21, 2)])
def test_percentile_is_the_value_that_so_many_do_not_exceed(percent: float, value: float) -> None:
    assert find_percentile([5, 1, 4, 2, 3], percent) == value


def test_rows_hold_on_their_bound_and_not_beyond() -> None:
    assert at_most("m", 20.0, "ms", 20)["holds"]
    assert not at_most("m", 20.01, "ms", 20)["holds"]
    assert at_least("m", 50.0, "%", 50)["holds"]
    assert not at_least("m", 49.99, "%", 50)["holds"]


def walk_minutes(start: datetime, end: datetime) -> float:
    """The plain way: every day's spans, one after the other."""
    total, day = 0.0, start.astimezone(PARIS)
    while day < end:
        for opens, closes in list_spans(USUAL, day):
            total += max(0.0, (min(closes, end) - max(opens, start)).total_seconds() / 60)
        day = datetime.combine(day.date() + timedelta(days=1), time.min, PARIS)
    return total


@given(MOMENTS, st.timedeltas(timedelta(days=-2), timedelta(days=90)))
def test_weeks_multiplied_are_weeks_walked(start: datetime, span: timedelta) -> None:
    assert count_open_minutes(USUAL, start, start + span) == pytest.approx(walk_minutes(start, start + span))
