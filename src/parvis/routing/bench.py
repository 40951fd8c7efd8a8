"""Measures what a proposal costs: CPU a message on one core, in a small firm and in a large one.

The firm is made up from lists of things and acts, the same at every run; both tiers rank the same messages.
"""

import random
import time
from collections.abc import Sequence
from typing import Any

from parvis.routing.encode import Encoder, load_encoder
from parvis.routing.rank import Index, Knower, build_index, rank

_SMALL, _LARGE, _LARGE_QUICK = 10, 500, 120
_BOUND_MS, _LARGE_BOUND_MS = 10.0, 15.0
_THINGS = [
    "chaudière à gaz",
    "volet roulant",
    "tableau électrique",
    "vélo cargo",
    "toiture en ardoise",
    "mur en pierre",
    "fenêtre de toit",
    "four à pain",
    "pompe à chaleur",
    "portail",
    "parquet en chêne",
    "boîte de vitesses",
    "frein à disque",
    "vitrine réfrigérée",
    "machine à coudre",
    "poêle à bois",
    "canapé en cuir",
    "prothèse auditive",
    "contrat de bail",
    "bulletin de paie",
    "site internet",
    "caisse enregistreuse",
    "ruche",
    "tracteur",
    "serre",
    "cuve de vinification",
    "bateau à moteur",
    "piano droit",
    "lunettes de vue",
    "robe de mariée",
]
_ACTS = [
    "panne",
    "réglage",
    "prix d'une pose",
    "remplacement",
    "entretien annuel",
    "garantie",
    "délai de livraison",
    "facture à corriger",
    "bruit anormal",
    "fuite",
    "rendez-vous à déplacer",
    "pièce détachée",
    "aide de l'État",
    "reprise de l'ancien",
    "couleur au choix",
    "conseil avant achat",
    "dépannage le dimanche",
    "formation d'un apprenti",
    "location",
    "remise en état",
]
_ASKED = (
    "Bonjour, j'ai un souci avec {thing} : {act}, qui peut me renseigner ?",
    "{thing}, {act}... ça fait trois semaines que j'attends une réponse de votre part, c'est normal ?",
    "Hello, do you also deal with {thing} ({act})? Thanks!",
    "Petite question : pour {thing}, est-ce que {act} est compris ou faut-il compter en plus ? Merci d'avance 🙂",
)


def make_firm(size: int, *, seed: int = 7) -> list[Knower]:
    """A firm of that many: five topics, two sample questions and four answered ones each."""
    chance = random.Random(seed)  # noqa: S311  # a made-up firm, not a secret
    return [
        Knower(
            id=number,
            topics=tuple(f"{chance.choice(_THINGS)} : {chance.choice(_ACTS)}" for _ in range(5)),
            samples=tuple(make_messages(2, chance)),
            examples=tuple((text, 1.0) for text in make_messages(4, chance)),
        )
        for number in range(1, size + 1)
    ]


def make_messages(count: int, chance: random.Random) -> list[str]:
    return [chance.choice(_ASKED).format(thing=chance.choice(_THINGS), act=chance.choice(_ACTS)) for _ in range(count)]


def measure_ms(messages: Sequence[str], index: Index, encoder: Encoder | None) -> float:
    """CPU milliseconds a message, over all threads of the process."""
    rank(messages[0], index, encoder)
    started = time.process_time()
    for message in messages:
        rank(message, index, encoder)
    return round(1000 * (time.process_time() - started) / len(messages), 2)


def rows(*, quick: bool) -> list[dict[str, Any]]:
    """The rows of bench `routing`: tier 1 against its bound, tier 0 on the same messages beside it."""
    encoder = load_encoder()
    messages = make_messages(60 if quick else 300, random.Random(11))  # noqa: S311  # made-up messages
    sizes = ((_SMALL, _BOUND_MS), (_LARGE_QUICK if quick else _LARGE, _LARGE_BOUND_MS))
    return [_measure_row(make_firm(size), messages, encoder, bound=bound) for size, bound in sizes]


def _measure_row(
    people: list[Knower], messages: Sequence[str], encoder: Encoder | None, *, bound: float
) -> dict[str, Any]:
    by_words = measure_ms(messages, build_index(people, None), None)
    value = by_words if encoder is None else measure_ms(messages, build_index(people, encoder), encoder)
    return {
        "measure": f"CPU a message, {len(people)} members",
        "value": value,
        "unit": "ms",
        "bound": bound,
        "holds": value <= bound,
        "beside": f"tier 0 (words alone): {by_words} ms" + ("; no encoder here" if encoder is None else ""),
    }
