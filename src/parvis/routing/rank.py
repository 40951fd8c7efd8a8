"""Ranks who can answer a message: pure, explained, blind to title and rank. Nothing here knows the database.

Cold: cosine of the message with the profile, whole and topic by topic, blended with tf-idf. With answered examples: a
softmax head on the vectors, the profile kept as examples. The gate for "nobody obvious" looks at the nearest texts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from parvis.lib.text import fold
from parvis.routing.encode import Encoder, Matrix
from parvis.routing.head import SoftmaxHead, fit_softmax_head
from parvis.routing.tfidf import STOP, Centroids, build_centroids, list_features, score, weigh

Floats = NDArray[np.float64]
ReasonKind = Literal["answered", "topic", "sample", "profile"]
COLD_GATE_USE = 0.16
COLD_GATE_TFIDF = 0.035
_BUSY_COST = 0.02


@dataclass(frozen=True, slots=True)
class Knower:
    """What is known of one member: topics and sample questions they gave, examples (text, weight) confirmed."""

    id: int
    topics: tuple[str, ...] = ()
    samples: tuple[str, ...] = ()
    examples: tuple[tuple[str, float], ...] = ()
    available: bool = True
    open_items: int = 0

    @property
    def profile(self) -> str:
        return ", ".join((*self.topics, *self.samples))


@dataclass(frozen=True, slots=True)
class Reason:
    """The evidence for a proposal: the nearest thing said or answered, and how many answers stand behind it."""

    kind: ReasonKind
    text: str
    count: int = 0


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One person proposed; `score` orders, `is_available` is shown beside it."""

    member_id: int
    score: float
    reason: Reason
    is_available: bool


@dataclass(frozen=True, slots=True)
class Ranking:
    """Everybody, best first. `nobody_obvious`: the best is too far for a proposal; `top` is their gate score."""

    suggestions: tuple[Suggestion, ...]
    nobody_obvious: bool
    top: float


@dataclass(slots=True)
class Index:
    """What is computed once a change of profiles, so that a message costs little: `rank` only reads it."""

    people: tuple[Knower, ...]
    centroids: Centroids
    encoder_name: str
    profiles: Matrix | None
    parts: Matrix | None
    part_owner: NDArray[np.int64]
    part_texts: tuple[tuple[ReasonKind, str], ...]
    head: SoftmaxHead | None


def _list_parts(person: Knower) -> list[tuple[ReasonKind, str]]:
    said: list[tuple[ReasonKind, str]] = [("topic", topic) for topic in person.topics]
    said += [("sample", sample) for sample in person.samples]
    return said + [("answered", text) for text, _ in person.examples]


def build_index(people: Sequence[Knower], encoder: Encoder | None) -> Index:
    """Prepare people for ranking; their order carries no meaning."""
    ordered = tuple(sorted((p for p in people if _list_parts(p)), key=lambda person: person.id))
    centroids = build_centroids(
        [[(person.profile, 1.0), *person.examples] if person.profile else list(person.examples) for person in ordered]
    )
    parts = [(place, kind, text) for place, person in enumerate(ordered) for kind, text in _list_parts(person)]
    owner = np.array([place for place, _, _ in parts], dtype=np.int64)
    texts: tuple[tuple[ReasonKind, str], ...] = tuple((kind, text) for _, kind, text in parts)
    if encoder is None or not ordered:
        return Index(ordered, centroids, "", None, None, owner, texts, None)
    vectors = encoder.encode([*(person.profile or " " for person in ordered), *(text for _, text in texts)])
    profiles, part_vectors = vectors[: len(ordered)], vectors[len(ordered) :]
    return Index(
        ordered, centroids, encoder.name, profiles, part_vectors, owner, texts, _fit(ordered, profiles, part_vectors, owner, texts)
    )


def _fit(
    people: tuple[Knower, ...],
    profiles: Matrix,
    parts: Matrix,
    owner: NDArray[np.int64],
    texts: tuple[tuple[ReasonKind, str], ...],
) -> SoftmaxHead | None:
    """A head when examples exist; the profiles are kept as one example each."""
    rows = np.array([kind == "answered" for kind, _ in texts], dtype=bool)
    if not rows.any() or len(people) < 2:
        return None
    weights = np.array([weight for person in people for _, weight in person.examples], dtype=np.float64)
    return fit_softmax_head(
        np.concatenate([parts[rows], profiles]).astype(np.float64),
        np.concatenate([owner[rows], np.arange(len(people))]),
        len(people),
        weight=np.concatenate([weights, np.ones(len(people))]),
    )


def _standardise(scores: Floats) -> Floats:
    spread = float(scores.std())
    centred: Floats = scores - scores.mean()
    return centred / spread if spread > 1e-12 else centred * 0


def _best_two(cosines: Floats, owner: NDArray[np.int64], people: int) -> Floats:
    """Each person's mean of the two nearest of their texts."""
    best = np.zeros(people)
    for place in range(people):
        own = np.sort(cosines[owner == place])[-2:]
        best[place] = own.mean() if own.size else 0.0
    return best


def rank(text: str, index: Index, encoder: Encoder | None) -> Ranking:
    """Order the people of an index for a message. Ties go by id; load and absence are a separate, small term."""
    if not index.people or not text.strip():
        return Ranking((), nobody_obvious=True, top=0.0)
    lexical = np.array(score(text, index.centroids))
    cosines: Floats | None = None
    if encoder is not None and index.profiles is not None and index.parts is not None:
        vector = encoder.encode([text])[0]
        cosines = (index.parts @ vector).astype(np.float64)
        whole = (index.profiles @ vector).astype(np.float64)
        meaning = 0.5 * whole + 0.5 * _best_two(cosines, index.part_owner, len(index.people))
        semantic = _standardise(meaning)
        if index.head is not None:
            blended = 0.5 * semantic + _standardise(index.head(vector[None].astype(np.float64))[0]) + 0.3 * _standardise(lexical)
        else:
            blended = semantic + 0.5 * _standardise(lexical)
        gate, bar = meaning, COLD_GATE_USE
    else:
        blended, gate, bar = _standardise(lexical), lexical, COLD_GATE_TFIDF
    busy = np.array([_BUSY_COST * min(person.open_items, 10) for person in index.people])
    away = np.array([0.0 if person.available else 100.0 for person in index.people])
    final = blended - busy - away
    order = sorted(range(len(index.people)), key=lambda i: (-round(float(final[i]), 9), index.people[i].id))
    top = float(gate[order[0]])
    suggestions = tuple(
        Suggestion(
            member_id=index.people[i].id,
            score=float(blended[i]),
            reason=_explain(text, i, index, cosines),
            is_available=index.people[i].available,
        )
        for i in order
    )
    return Ranking(suggestions, nobody_obvious=top < bar or not index.people[order[0]].available, top=top)


def _explain(text: str, place: int, index: Index, cosines: Floats | None) -> Reason:
    """The person's own text that lies nearest, by meaning where there is an encoder, by shared words else."""
    own = np.flatnonzero(index.part_owner == place)
    if cosines is not None:
        nearest = int(own[int(np.argmax(cosines[own]))])
    else:
        asked = weigh(list_features(text), index.centroids)
        nearest = max(
            (int(i) for i in own),
            key=lambda i: (sum(asked.get(name, 0.0) for name in list_features(index.part_texts[i][1])), -i),
        )
    kind, words = index.part_texts[nearest]
    if kind != "answered":
        return Reason(kind, words)
    shared = _shared_words(text, words)
    return Reason(kind, shared or words, count=len(index.people[place].examples))


def _shared_words(one: str, other: str) -> str:
    kept = [word for word in fold(one).split() if len(word) > 3 and word not in STOP and word in fold(other)]
    return kept[0] if kept else ""
