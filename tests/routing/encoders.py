"""An encoder small enough to reason about: a text's vector counts its words in hashed places. It behaves, in no time."""

import zlib
from collections.abc import Sequence

import numpy as np

from parvis.routing.encode import Matrix
from parvis.routing.tfidf import list_stems


class WordEncoder:
    """Unit rows by the stems of words; `seen` keeps what it was asked."""

    name = "words-64"

    def __init__(self) -> None:
        self.seen: list[str] = []

    def encode(self, texts: Sequence[str]) -> Matrix:
        self.seen += texts
        rows = np.full((len(texts), 64), 1e-3, dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for stem in list_stems(text):
                row[zlib.crc32(stem.encode()) % 64] += 1
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)
