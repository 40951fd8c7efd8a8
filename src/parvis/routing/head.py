"""A softmax head on vectors, numpy alone: as good as logistic regression of a large library at this size."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SoftmaxHead = Callable[[Floats], Floats]


def fit_softmax_head(
    vectors: Floats, owner: NDArray[np.int64], owners: int, *, weight: Floats | None = None, steps: int = 150
) -> SoftmaxHead:
    """Fit by Adam on standardised vectors with an L2 of 10/n on all but the bias.

    vectors: (n, d); owner: (n,) indices below `owners`; returns vectors (m, d) -> logits (m, owners).
    """
    count = len(vectors)
    mean, spread = vectors.mean(0), vectors.std(0) + 1e-6

    def prepare(rows: Floats) -> Floats:
        return np.concatenate([(rows - mean) / spread, np.ones((len(rows), 1))], axis=1)

    inputs, wanted = prepare(vectors), np.eye(owners)[owner]
    share = np.ones(count) if weight is None else weight
    layer = np.zeros((inputs.shape[1], owners))
    first, second = layer.copy(), layer.copy()
    for step in range(1, steps + 1):
        logits = inputs @ layer
        logits -= logits.max(1, keepdims=True)
        chances = np.exp(logits)
        chances /= chances.sum(1, keepdims=True)
        pull = 10 / count * np.concatenate([layer[:-1], 0 * layer[-1:]])
        slope = inputs.T @ ((chances - wanted) * share[:, None]) / share.sum() + pull
        first = 0.9 * first + 0.1 * slope
        second = 0.99 * second + 0.01 * slope * slope
        layer -= 0.02 * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.99**step)) + 1e-8)
    return lambda rows: prepare(rows) @ layer
