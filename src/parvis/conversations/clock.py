"""The clock of a conversation, in opening hours: by when an answer is due and how far the time has run."""

from dataclasses import dataclass
from datetime import datetime

from parvis.firm.hours import Hours, add_open_minutes, count_open_minutes

DEFAULT_MINUTES = 240


@dataclass(frozen=True, slots=True)
class Clock:
    """How long somebody has waited in opening hours, of how long at the most (minutes)."""

    waited: float
    target: float

    @property
    def percent(self) -> int:
        return min(100, round(100 * self.waited / self.target)) if self.target else 100

    @property
    def tone(self) -> str:
        if self.percent >= 60:
            return "brick"
        return "honey" if self.percent >= 20 else "river"


def answer_by(hours: Hours, targets: dict[str, int], kind: str, asked_at: datetime) -> datetime:
    return add_open_minutes(hours, asked_at, targets.get(kind, DEFAULT_MINUTES))


def read_clock(hours: Hours, targets: dict[str, int], kind: str, asked_at: datetime, now: datetime) -> Clock:
    return Clock(count_open_minutes(hours, asked_at, now), targets.get(kind, DEFAULT_MINUTES))
