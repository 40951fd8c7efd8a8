"""Opening hours and quiet hours as pure arithmetic: when is it open, and when will so many open minutes have passed.

`hours` maps a weekday ("0" Monday … "6" Sunday) to a list of ["HH:MM", "HH:MM"] pairs, in the firm's local time.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

Hours = Mapping[str, Sequence[Sequence[str]]]
PARIS = ZoneInfo("Europe/Paris")
USUAL: dict[str, list[list[str]]] = {str(day): [["09:00", "12:00"], ["14:00", "18:00"]] for day in range(5)}
_HORIZON_DAYS = 60


class BadHours(ValueError):
    """The hours given do not read as pairs of times that grow."""


def check_hours(hours: Hours) -> None:
    """Raise `BadHours` unless every pair is two growing times and pairs of a day do not overlap."""
    for day, pairs in hours.items():
        if day not in {"0", "1", "2", "3", "4", "5", "6"}:
            raise BadHours(day)
        end = time.min
        for pair in pairs:
            try:
                opens, closes = (time.fromisoformat(part) for part in pair)
            except (ValueError, TypeError) as error:
                raise BadHours(str(pair)) from error
            if opens >= closes or opens < end:
                raise BadHours(str(pair))
            end = closes


def list_spans(hours: Hours, day: datetime) -> list[tuple[datetime, datetime]]:
    """The open spans of the local date of `day`, as aware datetimes."""
    local = day.astimezone(PARIS).date()
    return [
        (
            datetime.combine(local, time.fromisoformat(opens), PARIS),
            datetime.combine(local, time.fromisoformat(closes), PARIS),
        )
        for opens, closes in hours.get(str(local.weekday()), [])
    ]


def is_open(hours: Hours, at: datetime) -> bool:
    return any(opens <= at < closes for opens, closes in list_spans(hours, at))


def add_open_minutes(hours: Hours, start: datetime, minutes: float) -> datetime:
    """The instant at which `minutes` of opening will have passed since `start`.

    A firm without any opening in the next 60 days counts every minute.
    """
    left = timedelta(minutes=minutes)
    day = start.astimezone(PARIS)
    for _ in range(_HORIZON_DAYS):
        for opens, closes in list_spans(hours, day):
            begin = max(opens, start)
            if begin >= closes:
                continue
            if closes - begin >= left:
                return begin + left
            left -= closes - begin
        day = datetime.combine(day.date() + timedelta(days=1), time.min, PARIS)
    return start + timedelta(minutes=minutes)


def count_open_minutes(hours: Hours, start: datetime, end: datetime) -> float:
    """Minutes of opening between two instants; whole weeks are multiplied, not walked."""
    first, last = start.astimezone(PARIS).date(), end.astimezone(PARIS).date()
    if first >= last:
        return _count_within(hours, start, start, end)
    weeks, days = divmod((last - first).days - 1, 7)
    whole = [_count_day(hours, day) for day in range(7)]
    between = weeks * sum(whole) + sum(whole[(first.weekday() + 1 + n) % 7] for n in range(days))
    return between + _count_within(hours, start, start, end) + _count_within(hours, end, start, end)


def _count_day(hours: Hours, weekday: int) -> float:
    """Minutes of opening of a weekday, by the clock on the wall."""
    pairs = ((time.fromisoformat(opens), time.fromisoformat(closes)) for opens, closes in hours.get(str(weekday), []))
    return sum((c.hour - o.hour) * 60 + c.minute - o.minute + (c.second - o.second) / 60 for o, c in pairs)


def _count_within(hours: Hours, day: datetime, start: datetime, end: datetime) -> float:
    """Minutes of opening of one local date that lie between two instants."""
    total = timedelta()
    for opens, closes in list_spans(hours, day):
        begin, stop = max(opens, start), min(closes, end)
        if begin < stop:
            total += stop - begin
    return total.total_seconds() / 60


def is_quiet(quiet_from: time | None, quiet_to: time | None, at: datetime) -> bool:
    """Whether nobody may be disturbed at `at`; the span may pass midnight."""
    if quiet_from is None or quiet_to is None:
        return False
    local = at.astimezone(PARIS).time()
    if quiet_from <= quiet_to:
        return quiet_from <= local < quiet_to
    return local >= quiet_from or local < quiet_to
