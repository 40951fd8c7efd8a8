"""Ranking through its front door: order, reasons, the gate, and all that must change nothing."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parvis.routing.encode import Encoder
from parvis.routing.head import fit_softmax_head
from parvis.routing.rank import Knower, Readiness, build_index, rank
from tests.routing.encoders import WordEncoder

BAKER = Knower(id=1, topics=("pain au levain", "farine", "allergènes"))
MENDER = Knower(id=2, topics=("freins de vélo", "dérailleur", "crevaison"))
CLERK = Knower(id=3, topics=("factures", "remboursement"))
PEOPLE = (BAKER, MENDER, CLERK)
TIERS = pytest.mark.parametrize("tier", [None, WordEncoder()], ids=["words", "meaning"])
WORDS = ("pain", "levain", "freins", "roue", "facture", "remboursement", "vélo", "gâteau", "retard", "prix", "moteur")


def list_ids(text: str, people: tuple[Knower, ...], tier: Encoder | None, **more: object) -> list[int]:
    ranking = rank(text, build_index(people, tier), tier, **more)  # type: ignore[arg-type]
    return [suggestion.member_id for suggestion in ranking.suggestions]


@TIERS
def test_who_knows_the_subject_comes_first_with_their_topic_as_reason(tier: Encoder | None) -> None:
    ranking = rank("Mes freins de vélo grincent", build_index(PEOPLE, tier), tier)
    best = ranking.suggestions[0]
    assert (best.member_id, best.reason.kind, best.reason.text) == (2, "topic", "freins de vélo")
    assert not ranking.nobody_obvious
    assert sum(suggestion.score for suggestion in ranking.suggestions) == pytest.approx(1.0, abs=1e-5)


texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join)
knowers = st.lists(
    st.tuples(st.lists(texts, max_size=3), st.lists(texts, max_size=2), st.lists(texts, max_size=2)),
    min_size=1,
    max_size=6,
).map(
    lambda rows: tuple(
        Knower(id=at, topics=tuple(said), samples=tuple(liked), examples=tuple((text, 1.0) for text in shown))
        for at, (said, liked, shown) in enumerate(rows)
    )
)


@settings(max_examples=60, deadline=None)
@given(people=knowers, message=texts, shuffle=st.randoms(use_true_random=False), with_meaning=st.booleans())
def test_the_order_in_which_people_are_given_changes_nothing(
    people: tuple[Knower, ...], message: str, shuffle: object, with_meaning: bool
) -> None:
    tier = WordEncoder() if with_meaning else None
    turned = list(people)
    shuffle.shuffle(turned)  # type: ignore[attr-defined]
    assert rank(message, build_index(people, tier), tier) == rank(message, build_index(turned, tier), tier)


def test_no_title_and_no_rank_can_reach_the_ranking() -> None:
    assert {field.name for field in dataclasses.fields(Knower)} == {
        "id", "topics", "samples", "examples", "available", "open_items"
    }  # fmt: skip


@TIERS
def test_a_tie_goes_by_id(tier: Encoder | None) -> None:
    twins = tuple(Knower(id=number, topics=("freins", "roues")) for number in (9, 4, 7))
    assert list_ids("freins", twins, tier) == [4, 7, 9]
    assert list_ids("rien à voir", twins, tier) == [4, 7, 9]


@TIERS
def test_who_is_away_comes_last_and_their_knowledge_still_shows(tier: Encoder | None) -> None:
    people = (BAKER, dataclasses.replace(MENDER, available=False), CLERK)
    ranking = rank("freins de vélo", build_index(people, tier), tier)
    last = ranking.suggestions[-1]
    assert (last.member_id, last.is_available, last.availability) == (2, False, 0.0)
    assert last.score == max(suggestion.score for suggestion in ranking.suggestions)


def test_presence_read_at_the_message_beats_what_the_index_was_built_with() -> None:
    told = {2: Readiness(is_available=False)}
    assert list_ids("freins de vélo", PEOPLE, None, readiness=told)[-1] == 2
    assert list_ids("freins de vélo", PEOPLE, None)[0] == 2


def test_nobody_is_obvious_when_all_are_away() -> None:
    people = tuple(dataclasses.replace(person, available=False) for person in PEOPLE)
    assert rank("freins de vélo", build_index(people, None), None).nobody_obvious


def test_load_parts_equals_and_never_buries_the_one_who_knows() -> None:
    twins = (Knower(id=1, topics=("freins",), open_items=5), Knower(id=2, topics=("freins",)))
    assert list_ids("freins", twins, None) == [2, 1]
    busy = (BAKER, dataclasses.replace(MENDER, open_items=30), CLERK)
    assert list_ids("freins de vélo", busy, None)[0] == 2


@TIERS
@pytest.mark.parametrize("message", ["", "   ", "👍👍", "\u200b", "\x00", "…?!"])
def test_nobody_is_obvious_for_what_says_nothing(message: str, tier: Encoder | None) -> None:
    ranking = rank(message, build_index(PEOPLE, tier), tier)
    assert ranking.nobody_obvious
    assert ranking.suggestions == ()


@TIERS
def test_a_firm_that_said_nothing_yet_has_nobody_to_propose(tier: Encoder | None) -> None:
    index = build_index((Knower(id=1), Knower(id=2, topics=(" ",))), tier)
    ranking = rank("freins", index, tier)
    assert ranking.suggestions == ()
    assert ranking.nobody_obvious


@TIERS
def test_a_lone_member_is_ranked(tier: Encoder | None) -> None:
    alone = (dataclasses.replace(MENDER, examples=(("roue voilée", 1.0),)),)
    assert list_ids("roue voilée", alone, tier) == [2]


@TIERS
def test_confirmed_answers_give_the_reason_and_count_those_alike(tier: Encoder | None) -> None:
    asked = ("Mon embrayage patine", "embrayage qui patine en côte", "l'embrayage patine à froid", "prix d'un pneu")
    people = (BAKER, dataclasses.replace(MENDER, examples=tuple((text, 1.0) for text in asked)), CLERK)
    best = rank("Mon embrayage patine", build_index(people, tier), tier).suggestions[0]
    assert best.member_id == 2
    assert best.reason.kind == "answered"
    assert best.reason.text in {"embrayage", "patine"}
    assert best.reason.count == 3


def test_an_answer_learned_moves_its_subject_to_who_gave_it(encoder: Encoder) -> None:
    message = "Vous prêtez un vélo pendant la réparation ?"
    before = rank(message, build_index(PEOPLE, encoder), encoder)
    learned = dataclasses.replace(CLERK, examples=(("Peut-on emprunter un vélo de prêt le temps des travaux ?", 1.0),))
    after = rank(message, build_index((BAKER, MENDER, learned), encoder), encoder)
    score_of = [{s.member_id: s.score for s in ranking.suggestions}[3] for ranking in (before, after)]
    assert score_of[1] > score_of[0] + 0.1


def test_a_question_in_another_language_finds_its_person(encoder: Encoder) -> None:
    index = build_index(PEOPLE, encoder)
    assert rank("My brakes squeal, can you fix them?", index, encoder).suggestions[0].member_id == 2
    assert rank("Is there any milk in your bread?", index, encoder).suggestions[0].member_id == 1


def test_texts_met_before_are_not_encoded_again() -> None:
    first = WordEncoder()
    index = build_index(PEOPLE, first)
    again = WordEncoder()
    more = (*PEOPLE, Knower(id=4, topics=("prêt de vélo",)))
    grown = build_index(more, again, known=index.list_vectors())
    assert again.seen == ["prêt de vélo"]
    assert rank("freins", grown, again) == rank("freins", build_index(more, WordEncoder()), again)


def test_vectors_of_another_encoder_are_left_alone() -> None:
    other = WordEncoder()
    other.name = "another"
    index = build_index(PEOPLE, WordEncoder())
    assert rank("freins de vélo", index, other) == rank("freins de vélo", index, None)
    assert other.seen == []


def test_only_the_best_are_explained() -> None:
    many = tuple(Knower(id=number, topics=(f"sujet {number}",)) for number in range(40))
    assert list_ids("sujet 31", many, None, limit=3)[0] == 31
    assert len(list_ids("sujet 31", many, None, limit=3)) == 3


def test_the_head_learns_what_its_rows_say_and_weights_count() -> None:
    rows = np.array([[1, 0], [0.9, 0.1], [0, 1], [0.1, 0.9]], dtype=np.float32)
    head = fit_softmax_head(rows, np.array([0, 0, 1, 1]), 2)
    assert head(rows).argmax(1).tolist() == [0, 0, 1, 1]
    same = np.ones((2, 2), dtype=np.float32)
    leaning = fit_softmax_head(same, np.array([0, 1]), 2, weight=np.array([1.0, 5.0], dtype=np.float32))
    assert leaning(same)[0].argmax() == 1
