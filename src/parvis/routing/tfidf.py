"""Tier 0: words, word pairs and character n-grams weighed by tf-idf, one centroid a person in an inverted index.

No dependency. Features and weights follow the recipe measured for routing (sublinear tf, smoothed idf, unit length).
"""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from parvis.lib.text import fold

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
    return [word[:_LONGEST_WORD] for word in _WORD.findall(fold(text[:_CUT]))]


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


@dataclass(slots=True)
class Centroids:
    """An inverted index: feature → (person's place, weight), with the document counts to weigh a message by."""

    texts: int = 0
    seen_in: Counter[str] = field(default_factory=Counter)
    postings: dict[str, list[tuple[int, float]]] = field(default_factory=dict)
    people: int = 0


def weigh(counts: Mapping[str, int], index: Centroids) -> dict[str, float]:
    """The unit vector of a message."""
    weights = {
        name: (1 + math.log(count)) * math.log(1 + index.texts / (index.seen_in.get(name, 0) + 0.5))
        for name, count in counts.items()
    }
    length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
    return {name: weight / length for name, weight in weights.items()}


def build_centroids(texts_of: Sequence[Sequence[tuple[str, float]]]) -> Centroids:
    """Index people, each given as (text, weight) pairs."""
    index = Centroids(people=len(texts_of))
    counted = [[(list_features(text), weight) for text, weight in texts] for texts in texts_of]
    for texts in counted:
        for counts, _ in texts:
            index.texts += 1
            index.seen_in.update(counts.keys())
    for place, texts in enumerate(counted):
        total: dict[str, float] = {}
        for counts, weight in texts:
            for name, value in weigh(counts, index).items():
                total[name] = total.get(name, 0.0) + weight * value
        length = math.sqrt(sum(value * value for value in total.values())) or 1.0
        for name, value in total.items():
            index.postings.setdefault(name, []).append((place, value / length))
    return index


def score(text: str, index: Centroids) -> list[float]:
    """Cosine of a message with each person's centroid, in the order given to `build_centroids`."""
    scores = [0.0] * index.people
    for name, weight in weigh(list_features(text), index).items():
        for place, value in index.postings.get(name, ()):
            scores[place] += weight * value
    return scores
