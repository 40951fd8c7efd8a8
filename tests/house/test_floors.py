"""The plan of the house: foreign keys point down the floors like imports, every row of a firm carries its firm."""

import tomllib
from pathlib import Path

import pytest
from django.apps import apps
from django.db.models import ForeignKey

ROOT = Path(__file__).parents[2]


def read_floors() -> dict[str, int]:
    """Room → floor number, from the import contract: one list for both."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(c["layers"] for c in contracts if c["type"] == "layers")
    return {room.strip(): floor for floor, line in enumerate(reversed(layers)) for room in line.split("|")}


def list_ours() -> list[type]:
    return [model for model in apps.get_models() if model.__module__.startswith("parvis.")]


def test_foreign_keys_point_down_the_floors() -> None:
    floors = read_floors()
    wrong = [
        f"{model.__name__}.{field.name} -> {field.related_model.__name__}"
        for model in list_ours()
        for field in model._meta.get_fields()
        if isinstance(field, ForeignKey)
        and field.related_model._meta.app_label in floors
        and floors[field.related_model._meta.app_label] > floors[model._meta.app_label]
    ]
    assert wrong == []


def test_every_row_of_a_firm_carries_its_firm() -> None:
    shared = {"User", "Firm", "Beat"}  # the instance's own
    through = {"Fetch": "channel", "MentionVersion": "mention"}  # one to one with a row that carries it
    missing = [
        model.__name__
        for model in list_ours()
        if model.__name__ not in shared
        and model.__name__ not in through
        and "firm" not in {field.name for field in model._meta.get_fields()}
        and not model._meta.auto_created
    ]
    assert missing == []


@pytest.mark.parametrize("room", sorted(p.parent.name for p in (ROOT / "src/parvis").glob("*/__init__.py")))
def test_every_room_has_a_floor(room: str) -> None:
    assert room in read_floors() or room == "locale"
