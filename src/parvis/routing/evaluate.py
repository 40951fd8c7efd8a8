"""Measures the router on a file of a firm's people and labelled messages.

Profiles alone go in; owners are read to score.
"""

import json
import re
import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parvis.routing.encode import Encoder, load_encoder
from parvis.routing.rank import Knower, build_index, rank

_CUT = re.compile(r"[:,;.]|\bet\b|\band\b")
_KEYS = ("owner", "intent", "sentiment", "urgency", "text")
NOISE, NOBODY = "-", "?"


class BadFirmFile(ValueError):
    """The file does not have the shape; the text says what is wrong, and at which message."""


@dataclass(frozen=True, slots=True)
class FirmFile:
    """A firm to measure on: name → profile, and (owner, text) of each message."""

    people: dict[str, str]
    messages: tuple[tuple[str, str], ...]


def read_firm(path: Path) -> FirmFile:
    """The firm of a file. Raises BadFirmFile."""
    try:
        content = json.loads(path.read_text("utf-8"), object_pairs_hook=_refuse_twins)
    except OSError as error:
        raise BadFirmFile(f"{path.name} cannot be read: {error.strerror}.") from error
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise BadFirmFile(f"{path.name} is not JSON in UTF-8: {error}.") from error
    if not isinstance(content, dict):
        raise BadFirmFile(f'{path.name} must hold one object with "people" and "messages".')
    people = _check_people(content.get("people"))
    messages = content.get("messages")
    if not isinstance(messages, list) or not messages:
        raise BadFirmFile(f'{path.name} needs "messages", a list with at least one message.')
    return FirmFile(people, tuple(_check_message(at, message, people) for at, message in enumerate(messages, 1)))


def _refuse_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        twin = next(key for key in keys if keys.count(key) > 1)
        raise BadFirmFile(f"The key {twin!r} stands twice in one object.")
    return found


def _check_people(people: object) -> dict[str, str]:
    if not isinstance(people, dict) or not people:
        raise BadFirmFile('The file needs "people", an object of name and profile.')
    for name, profile in people.items():
        if name in (NOISE, NOBODY) or not name.strip():
            raise BadFirmFile(f"A person cannot be called {name!r}.")
        if not isinstance(profile, str) or not profile.strip():
            raise BadFirmFile(f"{name} has no profile.")
    return people


def _check_message(position: int, message: object, people: dict[str, str]) -> tuple[str, str]:
    if not isinstance(message, dict):
        raise BadFirmFile(f"Message {position} is not an object.")
    for key in _KEYS:
        if key not in message:
            raise BadFirmFile(f'Message {position} has no "{key}".')
        if not isinstance(message[key], str) or not message[key].strip():
            raise BadFirmFile(f'Message {position} has an empty "{key}", or one that is not text.')
    owner: str = message["owner"]
    if owner not in people and owner not in (NOISE, NOBODY):
        raise BadFirmFile(f"Message {position} belongs to {owner!r}, who is not among the people of the file.")
    return owner, message["text"]


def split_topics(profile: str) -> tuple[str, ...]:
    """The topics of a profile sentence, cut at « : , ; . » and at « et » and “and”."""
    return tuple(part.strip() for part in _CUT.split(profile) if part.strip()) or (profile.strip(),)


def measure_auroc(inside: Sequence[float], outside: Sequence[float]) -> float | None:
    """The chance, in per cent, that one of `inside` scores above one of `outside`; None without both."""
    if not inside or not outside:
        return None
    wins = sum((one > other) + 0.5 * (one == other) for one in inside for other in outside)
    return round(100 * wins / (len(inside) * len(outside)), 1)


def measure_tier(firm: FirmFile, encoder: Encoder | None) -> dict[str, Any]:
    """Top-1 and top-3 in per cent of owned messages, the gate's AUROC, CPU ms a message, peak memory of the process."""
    names = sorted(firm.people)
    people = [Knower(id=at, topics=split_topics(firm.people[name])) for at, name in enumerate(names)]
    index = build_index(people, encoder)
    started = time.process_time()
    rankings = [rank(text, index, encoder) for _, text in firm.messages]
    spent = time.process_time() - started
    places: list[int] = []
    inside: list[float] = []
    outside: list[float] = []
    for (owner, _), ranking in zip(firm.messages, rankings, strict=True):
        if owner not in firm.people:
            outside.append(ranking.top)
            continue
        inside.append(ranking.top)
        order = [names[suggestion.member_id] for suggestion in ranking.suggestions]
        places.append(order.index(owner) if owner in order else len(names))
    return {
        "cold": {"top1": _share(places, below=1), "top3": _share(places, below=3)},
        "gate": {"auroc": measure_auroc(inside, outside)},
        "cpu_ms_per_message": round(1000 * spent / len(firm.messages), 2),
        "peak_rss_mb": _read_peak_mb(),
    }


def _share(places: Sequence[int], *, below: int) -> float | None:
    return round(100 * sum(place < below for place in places) / len(places), 1) if places else None


def _read_peak_mb() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1024**2 if sys.platform == "darwin" else 1024))


def evaluate_firm(path: Path) -> dict[str, Any]:
    """Tier 0 and, where the encoder is installed, tier 1, with profiles only. Raises BadFirmFile."""
    firm = read_firm(path)
    figures = {"tier0": measure_tier(firm, None)}
    encoder = load_encoder()
    if encoder is not None:
        figures["tier1"] = measure_tier(firm, encoder)
    return figures
