"""Ranks who can answer a message: pure, explained, blind to title and rank. Nothing here knows the database.

Cold: cosine of the message with the profile, whole and topic by topic, and the words they share. With sample questions
or confirmed answers: the same plus a softmax head. The gate for "nobody obvious" looks at how near the nearest lie.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from parvis.routing.encode import Encoder, Matrix, Vector
from parvis.routing.head import SoftmaxHead, fit_softmax_head
from parvis.routing.tfidf import Centroids, build_centroids, list_stems, score

Floats = NDArray[np.float64]
ReasonKind = Literal["answered", "topic", "sample", "profile"]

# Chosen on the validation messages of public sets: CLINC150's ten domains with profiles in English and in French and 0
# to 30 examples each, HWU64 and BANKING77 with the labels' names as profiles. On the raw scale a message that shares no
# word lets meaning decide alone, so nothing guesses whether message and profile are in one language (where they are
# not, z-scores cost 5 points).
LEXICAL_SHARE = 0.3
# The gates keep about 95 in 100 messages that somebody owns, on CLINC150.
GATE_WORDS, GATE_PROFILES, GATE_LEARNED = 0.02, 0.06, 0.15
# What turns a blend into a chance, one number a tier: calibration error 2 to 8 points on CLINC150.
SHARPNESS_WORDS, SHARPNESS_COLD, SHARPNESS_LEARNED = 40.0, 27.0, 1.0
LOAD_COST = 0.02
# Two questions nearer than this are on one thing: on CLINC150, 99 in 100 pairs of two intents lie below, 4 in 5 pairs
# of one intent above.
_LIKE = 0.4
# People × texts above which fitting a head would hold a worker for more than about a second.
_HEAD_CELLS = 250_000


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
        return ", ".join(self.topics or self.samples)


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether somebody is there, and how many lines they hold: read at each message, never part of what they know."""

    is_available: bool = True
    open_items: int = 0

    @property
    def share(self) -> float:
        return 1 / (1 + LOAD_COST * max(0, self.open_items)) if self.is_available else 0.0


@dataclass(frozen=True, slots=True)
class Reason:
    """The evidence for a proposal: the nearest thing said or answered, and how many answers like it stand behind it."""

    kind: ReasonKind
    text: str
    count: int = 0


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One person proposed. Order follows `score` × `availability`: what they know, then whether they can (0 to 1)."""

    member_id: int
    score: float
    reason: Reason
    is_available: bool
    availability: float = 1.0


@dataclass(frozen=True, slots=True)
class Ranking:
    """People, best first. `nobody_obvious`: all lie too far for a proposal; `top` is the nearest one's gate score."""

    suggestions: tuple[Suggestion, ...]
    nobody_obvious: bool
    top: float


@dataclass(frozen=True, slots=True)
class Part:
    """One text of one person, with the stems of its words for the reason."""

    kind: ReasonKind
    text: str
    stems: frozenset[str]


@dataclass(frozen=True, slots=True)
class Meaning:
    """The vectors of an index: profiles (people, d), parts (n, d), each person's parts lying together."""

    encoder_name: str
    profiles: Matrix
    parts: Matrix
    head: SoftmaxHead | None


@dataclass(frozen=True, slots=True)
class Index:
    """What is computed once a change of what people know, so that a message costs little: `rank` only reads it."""

    people: tuple[Knower, ...]
    parts: tuple[Part, ...]
    starts: NDArray[np.int64]
    centroids: Centroids
    rarity: Mapping[str, float]
    meaning: Meaning | None
    is_learned: bool

    def list_vectors(self) -> dict[str, Vector]:
        """Text → vector, to give to the next `build_index` as `known`."""
        if self.meaning is None:
            return {}
        vectors = {person.profile: row for person, row in zip(self.people, self.meaning.profiles, strict=True)}
        return vectors | {part.text: row for part, row in zip(self.parts, self.meaning.parts, strict=True)}

    def slice_of(self, place: int) -> slice:
        end = self.starts[place + 1] if place + 1 < len(self.starts) else len(self.parts)
        return slice(int(self.starts[place]), int(end))


def _list_parts(person: Knower) -> list[Part]:
    said: list[tuple[ReasonKind, str]] = [("topic", topic) for topic in person.topics]
    said += [("sample", sample) for sample in person.samples]
    said += [("answered", text) for text, _ in person.examples]
    return [Part(kind, text, frozenset(list_stems(text))) for kind, text in said if text.strip()]


def _list_weighted(person: Knower) -> list[tuple[str, float]]:
    own = [(person.profile, 1.0)] if person.profile else []
    own += [(sample, 1.0) for sample in person.samples if person.topics]
    return own + list(person.examples)


def build_index(
    people: Sequence[Knower], encoder: Encoder | None, *, known: Mapping[str, Vector] | None = None
) -> Index:
    """Prepare people for ranking; their order carries no meaning, who said nothing is left out.

    known: vectors by this same encoder of texts met before; only other texts are encoded.
    """
    listed = [(person, _list_parts(person)) for person in sorted(people, key=lambda person: person.id)]
    kept = [(person, parts) for person, parts in listed if parts]
    ordered = tuple(person for person, _ in kept)
    parts = tuple(part for _, own in kept for part in own)
    sizes = np.array([len(own) for _, own in kept], dtype=np.int64)
    starts = np.cumsum(sizes) - sizes
    seen: dict[str, int] = {}
    for stem in (stem for part in parts for stem in part.stems):
        seen[stem] = seen.get(stem, 0) + 1
    return Index(
        people=ordered,
        parts=parts,
        starts=starts,
        centroids=build_centroids([_list_weighted(person) for person in ordered]),
        rarity={stem: math.log(1 + len(parts) / count) for stem, count in seen.items()},
        meaning=None if encoder is None or not ordered else _encode(ordered, parts, sizes, encoder, known or {}),
        is_learned=any(part.kind != "topic" for part in parts),
    )


def _encode(
    people: tuple[Knower, ...],
    parts: tuple[Part, ...],
    sizes: NDArray[np.int64],
    encoder: Encoder,
    known: Mapping[str, Vector],
) -> Meaning:
    firsts = np.cumsum(sizes) - sizes
    texts = [person.profile or parts[int(first)].text for person, first in zip(people, firsts, strict=True)]
    texts += [part.text for part in parts]
    missing = sorted({text for text in texts if text not in known})
    fresh = dict(zip(missing, encoder.encode(missing), strict=True)) if missing else {}
    matrix = np.array([fresh[text] if text in fresh else known[text] for text in texts], dtype=np.float32)
    profiles, rows = matrix[: len(people)], matrix[len(people) :]
    return Meaning(encoder.name, profiles, rows, _fit(people, parts, sizes, profiles, rows))


def _fit(
    people: tuple[Knower, ...], parts: tuple[Part, ...], sizes: NDArray[np.int64], profiles: Matrix, rows: Matrix
) -> SoftmaxHead | None:
    """A head when people gave more than topics. Profile and topics stay in as rows: a few examples alone mislead it.

    A firm too large to fit within about a second goes by nearness alone.
    """
    count = len(people)
    if count < 2 or all(part.kind == "topic" for part in parts) or (count + len(parts)) * count > _HEAD_CELLS:
        return None
    weights = [1.0] * count
    for person in people:
        examples = [weight for text, weight in person.examples if text.strip()]
        weights += [1.0] * sum(1 for text in (*person.topics, *person.samples) if text.strip()) + examples
    return fit_softmax_head(
        np.concatenate([profiles, rows]),
        np.concatenate([np.arange(count), np.repeat(np.arange(count), sizes)]),
        count,
        weight=np.array(weights, dtype=np.float32),
    )


def _standardise(scores: Floats) -> Floats:
    spread = float(scores.std())
    return (scores - scores.mean()) / spread if spread > 1e-9 else np.zeros_like(scores)


def _mean_of_nearest_two(cosines: Floats, starts: NDArray[np.int64]) -> Floats:
    """Each person's mean of the two nearest of their texts (of the one, for who gave one)."""
    best = np.maximum.reduceat(cosines, starts)
    sizes = np.diff(np.append(starts, len(cosines)))
    places = np.flatnonzero(cosines == np.repeat(best, sizes))
    owners = np.repeat(np.arange(len(starts)), sizes)[places]
    rest = cosines.copy()
    rest[places[np.unique(owners, return_index=True)[1]]] = -np.inf
    second = np.maximum.reduceat(rest, starts)
    return 0.5 * (best + np.where(np.isinf(second), best, second))


def _softmax(scores: Floats) -> Floats:
    powers = np.exp(scores - scores.max())
    chances: Floats = powers / powers.sum()
    return chances


def rank(
    text: str,
    index: Index,
    encoder: Encoder | None,
    *,
    readiness: Mapping[int, Readiness] | None = None,
    limit: int = 12,
) -> Ranking:
    """Order the people of an index for a message; the `limit` best are explained. Ties go by id.

    Nobody is proposed for a message without a letter or a digit.

    readiness: member id → who is there now; what the index was built with stands for whoever is not in it.
    """
    if not index.people or not any(char.isalnum() for char in text):
        return Ranking((), nobody_obvious=True, top=0.0)
    words = score(text, index.centroids)
    cosines: Floats | None = None
    if encoder is not None and index.meaning is not None and index.meaning.encoder_name == encoder.name:
        vector = encoder.encode([text])[0]
        cosines = (index.meaning.parts @ vector).astype(np.float64)
        expertise, near, bar = _judge_meaning(vector, cosines, words, index, index.meaning)
    else:
        expertise, near, bar = _softmax(SHARPNESS_WORDS * words), words, GATE_WORDS
    told = readiness or {}
    ready = [told.get(person.id, Readiness(person.available, person.open_items)) for person in index.people]
    shares = np.array([one.share for one in ready])
    known = np.round(expertise, 6)
    order = np.lexsort((-known, -np.round(expertise * shares, 6), shares == 0))
    stems = list_stems(text)
    suggestions = tuple(
        Suggestion(
            member_id=index.people[i].id,
            score=float(known[i]),
            reason=_explain(stems, i, index, cosines),
            is_available=ready[i].is_available,
            availability=ready[i].share,
        )
        for i in order[:limit].tolist()
    )
    top = float(near.max())
    return Ranking(suggestions, nobody_obvious=top < bar or not suggestions[0].is_available, top=top)


def _judge_meaning(
    vector: Vector, cosines: Floats, words: Floats, index: Index, meaning: Meaning
) -> tuple[Floats, Floats, float]:
    """(expertise, gate score, gate bar) of each person."""
    whole = (meaning.profiles @ vector).astype(np.float64)
    nearest = 0.5 * whole + 0.5 * _mean_of_nearest_two(cosines, index.starts)
    blend = nearest + LEXICAL_SHARE * words
    if not index.is_learned:
        return _softmax(SHARPNESS_COLD * blend), whole, GATE_PROFILES
    if meaning.head is None:
        return _softmax(SHARPNESS_COLD * blend), nearest, GATE_LEARNED
    learned = _standardise(meaning.head(vector[None])[0].astype(np.float64))
    return _softmax(SHARPNESS_LEARNED * (learned + _standardise(blend))), nearest, GATE_LEARNED


def _explain(stems: Mapping[str, str], place: int, index: Index, cosines: Floats | None) -> Reason:
    """The person's own text that lies nearest, by meaning where there is an encoder, by shared words else."""
    span = index.slice_of(place)
    own = index.parts[span]
    shared = [sum(index.rarity[stem] for stem in part.stems if stem in stems) for part in own]
    if cosines is not None:
        near = cosines[span]
        nearest = int(np.argmax(np.round(near, 5)))
        alike = [bool(close) for close in near >= _LIKE]
    else:
        nearest = max(range(len(own)), key=lambda i: (shared[i], -i))
        alike = [weight > 0 for weight in shared]
    part = own[nearest]
    if part.kind != "answered":
        return Reason(part.kind, part.text)
    word = max((stem for stem in part.stems if stem in stems), key=lambda stem: (index.rarity[stem], stem), default="")
    like = sum(
        1
        for i, one in enumerate(own)
        if one.kind == "answered" and (i == nearest or alike[i] or (word and word in one.stems))
    )
    return Reason("answered", stems.get(word) or part.text, count=like)
