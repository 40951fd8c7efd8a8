"""What a bench says: one row a measure, and the percentile of many timings."""

import math
import time
from collections.abc import Callable, Sequence
from typing import Any


def find_percentile(values: Sequence[float], percent: float) -> float:
    """The smallest value that at least that share of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def time_ms(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return 1000 * (time.perf_counter() - started)


def at_most(measure: str, value: float, unit: str, bound: float, beside: str = "") -> dict[str, Any]:
    """A row that holds when the value is no more than the bound."""
    return _make_row(measure, value, unit, bound, beside, holds=round(value, 2) <= bound)


def at_least(measure: str, value: float, unit: str, bound: float, beside: str = "") -> dict[str, Any]:
    """A row that holds when the value reaches the bound."""
    return _make_row(measure, value, unit, bound, beside, holds=round(value, 2) >= bound)


def _make_row(measure: str, value: float, unit: str, bound: float, beside: str, *, holds: bool) -> dict[str, Any]:
    return {
        "measure": measure, "value": round(value, 2), "unit": unit, "bound": bound, "holds": holds, "beside": beside,
    }  # fmt: skip
