"""The encoder behind its interface, and vectors as they are stored."""

import unicodedata
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from parvis.routing.encode import Encoder, pack, unpack


def test_rows_are_of_unit_length_and_in_the_order_asked(encoder: Encoder) -> None:
    texts = [
        "Mon vélo grince beaucoup quand je freine dans la descente",
        "pain",
        "",
        "🙂",
        "Un gâteau pour dimanche ?",
    ] * 30
    rows = encoder.encode(texts)
    assert rows.shape == (150, 512)
    assert np.linalg.norm(rows, axis=1) == pytest.approx(np.ones(150), abs=1e-4)
    assert np.allclose(rows[1], encoder.encode(["pain"])[0], atol=1e-5)
    assert encoder.encode([]).shape == (0, 512)


def test_one_question_in_two_languages_lies_nearer_than_two_questions(encoder: Encoder) -> None:
    french, english, other = encoder.encode(
        ["Mes freins font du bruit", "My brakes are noisy", "Quel gâteau au chocolat"]
    )
    assert french @ english > 0.5 > french @ other


def test_threads_that_share_it_read_the_same_vectors(encoder: Encoder) -> None:
    texts = [f"question numéro {number}" for number in range(8)]
    alone = [encoder.encode([text])[0] for text in texts]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda text: encoder.encode([text])[0], texts))
    assert np.allclose(alone, together, atol=1e-6)


def test_a_packed_vector_takes_two_bytes_a_number_and_keeps_its_direction(encoder: Encoder) -> None:
    vector = encoder.encode(["Le chargeur ne marche plus"])[0]
    packed = pack(vector)
    assert len(packed) == 1024
    assert float(unpack(packed) @ vector) == pytest.approx(1.0, abs=2e-4)


@pytest.mark.parametrize("text", ["\ud800 freins", "\x00", "\u202e", "a" * 1_000_000, "😀" * 5000, "\ufdfa" * 3000])
def test_odd_text_has_a_vector_all_the_same(text: str, encoder: Encoder) -> None:
    assert np.linalg.norm(encoder.encode([text])[0]) == pytest.approx(1.0, abs=1e-4)


def test_signs_that_unfold_into_many_cost_no_more_than_a_long_text(encoder: Encoder) -> None:
    unfolded = "\ufdfa" * 3000
    assert np.allclose(encoder.encode([unfolded]), encoder.encode([unicodedata.normalize("NFKC", unfolded)[:1200]]))
