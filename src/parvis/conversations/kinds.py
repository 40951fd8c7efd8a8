"""A first guess at what a message is, by plain rules; always shown as a guess that one tap corrects."""

import re

from parvis.lib.text import fold

_RULES: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "application",
        re.compile(r"\b(candidature|alternance|apprenti\w*|stage|cv|recrut\w*|embauch\w*|internship|apply)\b"),
    ),
    (
        "complaint",
        re.compile(
            r"\b(decu\w*|scandal\w*|inadmissible|toujours (pas|rien)|en panne depuis|rembours\w*|honteux|reclamation"
            r"|marche (toujours )?pas|plus jamais|refund|disappointed|terrible)\b"
        ),
    ),
    ("quote", re.compile(r"\b(devis|tarif\w*|combien (coute|prenez)|prix|quote|how much)\b")),
    ("thanks", re.compile(r"\b(merci|bravo|super accueil|au top|felicitations|thank(s| you))\b")),
)
_ASKS = re.compile(r"\?|\b(comment|quand|pourquoi|est-ce|pouvez|faut-il|ou puis|how|when|can you)\b")


def guess_kind(network_kind: str, text: str) -> str:
    """One of question, complaint, quote, application, thanks, link, article, note."""
    if network_kind in {"link", "article", "note"}:
        return network_kind
    folded = fold(text)
    for kind, pattern in _RULES:
        if pattern.search(folded) and not (kind == "thanks" and _ASKS.search(folded)):
            return kind
    return "question"
