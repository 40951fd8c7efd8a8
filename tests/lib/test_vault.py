"""Secrets open with the keys they were sealed by, and with no other."""

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.lib.vault import CannotOpen, NoKeys, Vault, add_key, load_keys, make_key_file


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "keys"
    make_key_file(path)
    return path


def test_key_file_is_its_owners_alone_and_never_overwritten(key_file: Path) -> None:
    keys = load_keys(key_file)
    make_key_file(key_file)
    assert load_keys(key_file) == keys
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600


def test_added_key_seals_and_the_older_one_still_opens(key_file: Path) -> None:
    old = Vault(load_keys(key_file))
    sealed = old.seal({"token": "t"})
    add_key(key_file)
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    new = Vault(load_keys(key_file))
    assert new.open(sealed) == {"token": "t"}
    with pytest.raises(CannotOpen):
        old.open(new.seal({"token": "t"}))


def test_rotated_secret_no_longer_needs_the_older_key(key_file: Path) -> None:
    sealed = Vault(load_keys(key_file)).seal({"token": "t"})
    add_key(key_file)
    newest, older = load_keys(key_file)
    rotated = Vault([newest, older]).rotate(sealed)
    assert Vault([newest]).open(rotated) == {"token": "t"}
    with pytest.raises(CannotOpen):
        Vault([newest]).open(sealed)


def test_damaged_secret_cannot_be_opened_or_rotated(key_file: Path) -> None:
    vault = Vault(load_keys(key_file))
    sealed = vault.seal({"token": "t"})
    for damaged in (sealed[:-3], b"", b"x", sealed[:40] + bytes([sealed[40] ^ 1]) + sealed[41:]):
        with pytest.raises(CannotOpen):
            vault.open(damaged)
        with pytest.raises(CannotOpen):
            vault.rotate(damaged)


def test_missing_or_empty_key_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(NoKeys):
        load_keys(tmp_path / "none")
    (tmp_path / "empty").write_bytes(b"\n")
    with pytest.raises(NoKeys):
        load_keys(tmp_path / "empty")


_VAULT = Vault([b"MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="])


@given(st.dictionaries(st.text(), st.text()))
def test_what_is_sealed_opens_as_it_was_and_does_not_show(secret: dict[str, str]) -> None:
    sealed = _VAULT.seal(secret)
    assert _VAULT.open(sealed) == secret
    assert _VAULT.seal(secret) != sealed
