"""Measures the router on a firm's file of people and labelled messages: profiles go in, owners are read to score alone."""

import json
import re
import resource
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from parvis.routing.encode import Encoder, load_encoder
from parvis.routing.rank import Knower, build_index, rank

_CUT = re.compile(r"[:,;.]| et | and ")


class BadFirmFile(ValueError):
    """The file does not have the shape; the text names the place."""


def read_firm(path: Path) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """People (name → profile) and messages of a file, checked."""
    try:
        content = json.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise BadFirmFile(f"{path.name} cannot be read: {error}") from error
    people = content.get("people") if isinstance(content, dict) else None
    messages = content.get("messages") if isinstance(content, dict) else None
    if not isinstance(people, dict) or not people or not isinstance(messages, list):
        raise BadFirmFile('the file needs "people" and "messages"')
    if not all(isinstance(profile, str) and profile.strip() for profile in people.values()):
        raise BadFirmFile("every person needs a profile")
    for position, message in enumerate(messages, 1):
        if not isinstance(message, dict) or not isinstance(message.get("text"), str) or not message["text"].strip():
            raise BadFirmFile(f"message {position} has no text")
        owners = message.get("owner")
        named = owners if isinstance(owners, list) else [owners]
        if not named or not all(owner in people or owner in ("?", "-") for owner in named):
            raise BadFirmFile(f"message {position} has an unknown owner: {owners!r}")
    return people, messages


def split_topics(profile: str) -> tuple[str, ...]:
    """The topics of a profile sentence."""
    return tuple(part.strip() for part in _CUT.split(profile) if part.strip())


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float | None:
    """The chance, in per cent, that a positive scores above a negative; None without both."""
    if not positive or not negative:
        return None
    wins = sum((p > n) + 0.5 * (p == n) for p in positive for n in negative)
    return round(100 * wins / (len(positive) * len(negative)), 1)


def _evaluate_tier(people: dict[str, str], messages: list[dict[str, Any]], encoder: Encoder | None) -> dict[str, Any]:
    names = list(people)
    knowers = [Knower(id=i, topics=split_topics(people[name])) for i, name in enumerate(names)]
    index = build_index(knowers, encoder)
    first = third = owned = 0
    inside: list[float] = []
    outside: list[float] = []
    started = time.process_time()
    for message in messages:
        ranking = rank(message["text"], index, encoder)
        owners = message["owner"] if isinstance(message["owner"], list) else [message["owner"]]
        if any(owner in people for owner in owners):
            order = [names[suggestion.member_id] for suggestion in ranking.suggestions]
            owned += 1
            first += order[0] in owners
            third += any(name in owners for name in order[:3])
            inside.append(ranking.top)
        else:
            outside.append(ranking.top)
    spent = time.process_time() - started
    return {
        "cold": {
            "top1": round(100 * first / owned, 1) if owned else None,
            "top3": round(100 * third / owned, 1) if owned else None,
        },
        "gate": {"auroc": auroc(inside, outside)},
        "cpu_ms_per_message": round(1000 * spent / max(1, len(messages)), 2),
        "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)),
    }


def evaluate_firm(path: Path) -> dict[str, Any]:
    """Tier 0 and, where the encoder is installed, tier 1, with profiles only."""
    people, messages = read_firm(path)
    figures = {"tier0": _evaluate_tier(people, messages, None)}
    encoder = load_encoder()
    if encoder is not None:
        figures["tier1"] = _evaluate_tier(people, messages, encoder)
    return figures
