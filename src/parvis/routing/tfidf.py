"""Tier 0: words, word pairs and character n-grams weighed by tf-idf, one centroid a person in an inverted index.

No model. Features and weights follow the recipe measured for routing (sublinear tf, smoothed idf, unit length).
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from parvis.lib.text import fold

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

_WORD = re.compile(r"[a-z0-9]+")
_CUT = 1200
_LONGEST_WORD = 40
_STEM = 5
_STOP_WORDS = """
    a an the of to in on for and or is are be my me i you it do can how what this that with have has was
    le la les l un une des de d du et ou je j ai est es sont ma mon mes me moi vous il elle on ce cette ces
    que qu qui en dans sur pour par avec au aux pas ne n se sa son y c s t m
"""
STOP = frozenset(_STOP_WORDS.split())


def list_words(text: str) -> list[str]:
    """The folded words of a text; what lies past 1,200 characters is not read, nor past 40 of one word."""
    return [word[:_LONGEST_WORD] for word in _WORD.findall(fold(text[:_CUT])[:_CUT])]


def list_features(text: str) -> Counter[str]:
    """Counts of the features of a text: words that say something, pairs of words, character 3- to 5-grams."""
    words = list_words(text)
    features = ["w:" + word for word in words if word not in STOP]
    features += [f"b:{one} {two}" for one, two in zip(words, words[1:], strict=False)]
    for word in words:
        marked = f"<{word}>"
        length = len(marked)
        for size in (3, 4, 5):
            features += [marked[i : i + size] for i in range(length - size + 1)]
    return Counter(features)


def list_stems(text: str) -> dict[str, str]:
    """Stem → word, for the words that say something, in their order: what a reason can quote as shared."""
    return {word[:_STEM]: word for word in reversed(list_words(text)) if len(word) > 3 and word not in STOP}


@dataclass(frozen=True, slots=True)
class Centroids:
    """An inverted index. The people who have feature `rows[name]` are `places[starts[row] : starts[row + 1]]`.

    seen_in: in how many of the `texts` each feature stands; weights: what it weighs for each of `places`.
    """

    texts: int
    people: int
    rows: dict[str, int]
    seen_in: Places
    starts: Places
    places: Places
    weights: Floats


def _weigh(counts: Floats, seen_in: Places, texts: int) -> Floats:
    """The unit vector of a text of features `counts` times each."""
    weights = (1 + np.log(counts)) * np.log(1 + texts / (seen_in + 0.5))
    unit: Floats = weights / (float(np.sqrt(weights @ weights)) or 1.0)
    return unit


def build_centroids(texts_of: Sequence[Sequence[tuple[str, float]]]) -> Centroids:
    """Index people, each given as (text, weight) pairs."""
    rows: dict[str, int] = {}
    counted: list[list[tuple[Places, Floats, float]]] = []
    for texts in texts_of:
        counted.append([])
        for text, weight in texts:
            counts = list_features(text)
            places = np.array([rows.setdefault(name, len(rows)) for name in counts], dtype=np.int64)
            counted[-1].append((places, np.array(list(counts.values()), dtype=np.float64), weight))
    total = sum(len(texts) for texts in counted)
    seen_in = _count([places for texts in counted for places, _, _ in texts], len(rows))
    found: list[tuple[Places, Floats]] = []
    for own_texts in counted:
        centroid = np.zeros(len(rows))
        for places, numbers, weight in own_texts:
            centroid[places] += weight * _weigh(numbers, seen_in[places], total)
        own = np.flatnonzero(centroid)
        found.append((own, centroid[own] / (float(np.sqrt(centroid @ centroid)) or 1.0)))
    names = [own for own, _ in found]
    features = np.concatenate([np.empty(0, dtype=np.int64), *names])
    order = np.argsort(features, kind="stable")
    owners = np.repeat(np.arange(len(found)), [len(own) for own in names])
    return Centroids(
        texts=total,
        people=len(found),
        rows=rows,
        seen_in=seen_in,
        starts=np.concatenate([[0], np.cumsum(_count(names, len(rows)))]),
        places=owners[order],
        weights=np.concatenate([np.empty(0), *(values for _, values in found)])[order],
    )


def _count(lists: Sequence[Places], size: int) -> Places:
    return np.bincount(np.concatenate([np.empty(0, dtype=np.int64), *lists]), minlength=size)


def score(text: str, index: Centroids) -> Floats:
    """Cosine of a message with each person's centroid, in the order given to `build_centroids`."""
    counts = list_features(text)
    if not counts or not len(index.places):
        return np.zeros(index.people)
    rows = np.array([index.rows.get(name, -1) for name in counts], dtype=np.int64)
    seen_in = np.where(rows < 0, 0, index.seen_in[rows])
    weights = _weigh(np.array(list(counts.values()), dtype=np.float64), seen_in, index.texts)
    known = rows >= 0
    starts = index.starts[rows[known]]
    sizes = index.starts[rows[known] + 1] - starts
    ends = np.cumsum(sizes)
    at = np.repeat(starts - (ends - sizes), sizes) + np.arange(sizes.sum())
    products = index.weights[at] * np.repeat(weights[known], sizes)
    cosines: Floats = np.bincount(index.places[at], weights=products, minlength=index.people).astype(np.float64)
    return cosines
