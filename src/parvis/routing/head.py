"""A softmax head on vectors, numpy alone: as good as logistic regression of a large library at this size."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from parvis.routing.encode import Matrix

SoftmaxHead = Callable[[Matrix], Matrix]
_RATE = 0.02


def fit_softmax_head(
    vectors: Matrix, owner: NDArray[np.int64], owners: int, *, weight: Matrix | None = None, steps: int = 150
) -> SoftmaxHead:
    """Fit by Adam on standardised vectors with an L2 of 10/n on all but the bias.

    vectors: (n, d); owner: (n,) indices below `owners`; weight: (n,), what each row counts; returns a function of
    vectors (m, d) → logits (m, owners).
    """
    count = len(vectors)
    mean, spread = vectors.mean(0), vectors.std(0) + np.float32(1e-6)

    def prepare(rows: Matrix) -> Matrix:
        ones = np.ones((len(rows), 1), dtype=np.float32)
        return np.concatenate([(rows - mean) / spread, ones], axis=1, dtype=np.float32)

    inputs, wanted = prepare(vectors), np.eye(owners, dtype=np.float32)[owner]
    share = np.ones(count, dtype=np.float32) if weight is None else weight
    total = float(share.sum())
    layer = np.zeros((inputs.shape[1], owners), dtype=np.float32)
    first, second = layer.copy(), layer.copy()
    for step in range(1, steps + 1):
        logits = inputs @ layer
        logits -= logits.max(1, keepdims=True)
        chances = np.exp(logits)
        chances /= chances.sum(1, keepdims=True)
        slope = inputs.T @ ((chances - wanted) * share[:, None]) / total
        slope[:-1] += 10 / count * layer[:-1]
        first = 0.9 * first + 0.1 * slope
        second = 0.99 * second + 0.01 * slope * slope
        layer -= _RATE * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.99**step)) + 1e-8)
    return lambda rows: prepare(rows) @ layer
