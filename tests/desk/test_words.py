"""The words on screen: French complete, typography right, and none of the words that the house never says."""

import ast
import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
CATALOGUE = ROOT / "src/parvis/locale/fr/LC_MESSAGES/django.po"
BANNED = [
    "retard",
    "mauvais",
    "échec",
    "insuffisant",
    "KPI",
    "lead",
    "reach",
    "funnel",
    "engagement",
    "persona",
    "ROI",
    "inbox",
    "flux",
    "feed",
    "monitoring",
    "requête",
    "ticket",
    "assigner",
    "escalader",
    "validation",
    "workflow",
    "prospects",
    "leads",
    "contacts",
    "badge",
    "pipeline",
    "matching",
    "roadmap",
    "backlink",
    "influenceur",
]


def list_sentences() -> list[tuple[str, str]]:
    with CATALOGUE.open("rb") as file:
        catalogue = read_po(file, locale="fr")
    found = []
    for message in catalogue:
        if message.id:
            ids = message.id if isinstance(message.id, tuple | list) else [message.id]
            words = message.string if isinstance(message.string, tuple | list) else [message.string]
            found += [(str(ids[0]), str(word)) for word in words]
    return found


def test_every_sentence_has_its_french() -> None:
    assert [source for source, french in list_sentences() if not french] == []


@pytest.mark.parametrize("word", BANNED)
def test_the_house_never_says(word: str) -> None:
    pattern = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)", re.IGNORECASE)
    assert [french for _, french in list_sentences() if pattern.search(french)] == []


def test_french_spaces_stand_before_tall_signs_and_inside_quotes() -> None:
    plain_space = re.compile(r" [;:!?»](?=\s|$|[.,)])|« |\w[;!?](?=\s|$)")
    wrong = [
        french for _, french in list_sentences() if plain_space.search(re.sub(r"%\(\w+\)\w|https?://\S+", "x", french))
    ]
    assert wrong == []


def test_every_sentence_of_the_code_is_in_the_catalogue() -> None:
    known = {source for source, _ in list_sentences()}
    missing = []
    for path in (ROOT / "src/parvis").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("_", "gettext_lazy"):
                first = node.args[0]
                if isinstance(first, ast.Constant) and first.value not in known:
                    missing.append((path.name, first.value))
    assert missing == []
