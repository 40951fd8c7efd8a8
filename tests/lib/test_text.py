"""Folding, search terms, masks, typography and likeness of French texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.lib.text import fold, likeness, mask, search_terms, snippet, typography


@pytest.mark.parametrize(
    ("text", "folded"),
    [("Œuvre", "oeuvre"), ("L’été À ÇA", "l'ete a ca"), ("Ex æquo", "ex aequo"), ("ﬁn", "fin"), ("Straße", "strasse")],
)
def test_fold(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text())
def test_folding_ascii_case_and_accents_is_stable(text: str) -> None:
    assert search_terms(fold(text)) == search_terms(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("vélo", "Vélos"), ("dérailleur", "DERAILLEURS"), ("cheval", "chevaux"), ("bateau", "bateaux"), ("réparée", "répare"),
        ("ouverte", "ouvert"), ("l'atelier", "atelier"), ("qu’un", "un"), ("œufs", "oeuf"), ("prix", "prix"),
    ],
)  # fmt: skip
def test_words_that_search_holds_for_one(one: str, other: str) -> None:
    assert search_terms(one) == search_terms(other)


@pytest.mark.parametrize(("one", "other"), [("frein", "fraise"), ("pain", "pin"), ("vente", "vélo"), ("2024", "2025")])
def test_words_that_search_tells_apart(one: str, other: str) -> None:
    assert search_terms(one) != search_terms(other)


PRIVATE = [
    ("phone", "06 12 34 56 78"), ("phone", "06.12.34.56.78"), ("phone", "0612345678"), ("phone", "+33 6 12 34 56 78"),
    ("phone", "0033 6 12 34 56 78"), ("phone", "+33 (0)6 12 34 56 78"), ("phone", "02-38-62-10-10"),
    ("phone", "06\u00a012\u00a034\u00a056\u00a078"), ("phone", "+32 470 12 34 56"), ("phone", "07 57 59 12 34"),
    ("email", "marie.dupont@gmail.com"), ("email", "m+velo@sous.domaine.example.fr"), ("email", "A_B-c@exemple.fr"),
    ("iban", "FR76 3000 6000 0112 3456 7890 189"), ("iban", "FR7630006000011234567890189"),
    ("iban", "fr76 3000 6000 0112 3456 7890 189"), ("iban", "BE68 5390 0754 7034"), ("iban", "DE89 3704 0044 0532 0130 00"),
    ("iban", "FR76-3000-6000-0112-3456-7890-189"),
]  # fmt: skip
FRAMES = ["{}", "Appelez-moi au {}.", "({})", "voici : {}, merci", "Mon numéro :\n{}\nMarie", "« {} »", "1 {} et 2"]


@pytest.mark.parametrize(("kind", "secret"), PRIVATE)
@pytest.mark.parametrize("frame", FRAMES[:-1])
def test_private_number_is_covered_and_told(kind: str, secret: str, frame: str) -> None:
    masked = mask(frame.format(secret))
    assert masked.found == ((kind, secret),)
    assert secret not in masked.text
    assert "••••" in masked.text
    assert masked.text.startswith(frame.split("{}")[0])
    assert masked.text.endswith(frame.split("{}")[1])


@pytest.mark.parametrize(
    "text",
    [
        "Ouvert de 9 h à 18 h le 25/11/2026", "Commande n° 2026112500017", "SIRET 732 829 320 00074", "@karim@mastodon.example merci",
        "45000 Orléans", "1 299,00 € au lieu de 1 499,00 €", "https://e.example/p/1234567890123", "FR76 est un début", "2026-11-25 07:00",
        "ISBN 978-2-07-036822-8", "",
    ],
)  # fmt: skip
def test_what_is_not_private_stays(text: str) -> None:
    assert mask(text).text == text
    assert mask(text).found == ()


@given(st.lists(st.sampled_from([*PRIVATE, ("", "bonjour"), ("", "à demain, "), ("", "🙂")]), max_size=5))
def test_several_are_all_covered_in_their_order(pieces: list[tuple[str, str]]) -> None:
    masked = mask(" ; ".join(piece for _, piece in pieces))
    assert masked.found == tuple(piece for piece in pieces if piece[0])
    assert not any(secret in masked.text for kind, secret in pieces if kind)


def test_masking_twice_finds_nothing_more() -> None:
    masked = mask("06 12 34 56 78 ou marie@exemple.fr ou FR7630006000011234567890189")
    assert mask(masked.text).text == masked.text


@pytest.mark.parametrize(
    ("typed", "set_"),
    [
        ("Bonjour !", "Bonjour\u202f!"), ("Bonjour!", "Bonjour\u202f!"), ("Vraiment ?", "Vraiment\u202f?"),
        ("voici : un ; deux", "voici\u202f: un\u202f; deux"), ("« oui »", "«\u00a0oui\u00a0»"), ("«oui»", "«\u00a0oui\u00a0»"),
        ("https://e.example/?a=1", "https://e.example/?a=1"), ("à 10:30", "à 10:30"),
    ],
)  # fmt: skip
def test_typography(typed: str, set_: str) -> None:
    assert typography(typed) == set_


@given(st.text(alphabet="ab ;!?«»\u00a0\u202f\n"))
def test_typography_is_stable(text: str) -> None:
    once = typography(text)
    assert typography(once) == once


def test_likeness() -> None:
    said = "Bonjour, l'atelier est ouvert jusqu'à 18 h."
    assert likeness(said, "BONJOUR l’atelier est ouvert jusqu’a 18 h") == 1
    assert likeness(said, said.replace("18", "19")) >= 0.85
    assert likeness(said, "Merci de votre avis sur le vélo") < 0.3


@given(st.text(), st.text())
def test_likeness_is_a_share(one: str, other: str) -> None:
    assert 0 <= likeness(one, other) <= 1
    assert likeness(one, one) == 1


@given(st.text(), st.integers(5, 60))
def test_snippet_is_one_line_of_that_length_at_most(text: str, length: int) -> None:
    got = snippet(text, length)
    assert len(got) <= length
    assert "\n" not in got


def test_snippet_cuts_between_words() -> None:
    assert snippet("un deux trois quatre", 12) == "un deux…"
