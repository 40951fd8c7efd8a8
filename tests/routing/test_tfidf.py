"""Features and weights of the word tier, against their formulas."""

import math

import pytest

from parvis.routing.tfidf import build_centroids, list_features, list_stems, score


def test_features_are_words_pairs_and_grams_of_folded_text() -> None:
    features = list_features("Le Dérailleur")
    assert features["w:derailleur"] == 1
    assert "w:le" not in features
    assert features["b:le derailleur"] == 1
    assert features["<le"] == 1
    assert features["<der"] == 1
    assert features["lleur"] == 1
    assert features["eur>"] == 1
    assert not any(len(name) > 5 for name in features if ":" not in name)


def test_what_is_very_long_is_cut() -> None:
    assert len(list_features("x" * 100_000)) < 200


def test_a_text_weighs_as_the_formula_says() -> None:
    index = build_centroids([[("roue roue pain", 1.0)], [("pain", 1.0)]])
    features, shared = list_features("roue roue pain"), list_features("pain")
    expected = {
        name: (1 + math.log(count)) * math.log(1 + 2 / ((2 if name in shared else 1) + 0.5))
        for name, count in features.items()
    }
    length = math.sqrt(sum(weight**2 for weight in expected.values()))
    found = {name: index.weights[index.starts[index.rows[name]]] for name in features}
    assert found == pytest.approx({name: weight / length for name, weight in expected.items()})


def test_a_text_is_at_one_from_itself_and_at_nothing_from_strangers() -> None:
    index = build_centroids([[("freins et roues", 1.0)], [("gâteau", 1.0)], []])
    assert score("Freins et roues", index).tolist() == pytest.approx([1.0, 0.0, 0.0])


def test_a_heavier_text_draws_its_person_nearer() -> None:
    light = build_centroids([[("freins", 1.0), ("gâteau", 1.0)], [("pain", 1.0)]])
    heavy = build_centroids([[("freins", 1.0), ("gâteau", 3.0)], [("pain", 1.0)]])
    assert score("gateau", heavy)[0] > score("gateau", light)[0]


@pytest.mark.parametrize("text", ["", "👍", "日本語", "zzz"])
def test_what_shares_nothing_scores_nothing(text: str) -> None:
    assert score(text, build_centroids([[("freins", 1.0)]])).tolist() == [0.0]
    assert score(text, build_centroids([])).tolist() == []


def test_stems_keep_the_first_word_met_and_leave_empty_words_out() -> None:
    assert list_stems("Les freins, le freinage") == {"frein": "freins"}
