"""These tests are about the box on SQLite: the address of another database does not reach them."""

import pytest


@pytest.fixture(autouse=True)
def on_the_box(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PARVIS_DATABASE_URL", raising=False)
