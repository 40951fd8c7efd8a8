"""Seals secrets with keys that live in a file apart from the database; the first key seals, all of them open."""

import json
import os
from collections.abc import Sequence
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class CannotOpen(Exception):
    """No key here opens this secret: it was sealed elsewhere, or it is damaged."""


class NoKeys(Exception):
    """The key file is missing or holds no key."""


def make_key_file(path: Path) -> None:
    """Make a key file readable by its owner alone; an existing one is left as it is."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(handle, "wb") as file:
        file.write(Fernet.generate_key() + b"\n")


def add_key(path: Path) -> None:
    """Put a new key first: it seals from now on, the older ones still open."""
    older = path.read_bytes()
    fresh = path.with_suffix(".new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(Fernet.generate_key() + b"\n" + older)
    os.replace(fresh, path)


def load_keys(path: Path) -> list[bytes]:
    """The keys of a file, newest first."""
    try:
        keys = [line.strip() for line in path.read_bytes().splitlines() if line.strip()]
    except FileNotFoundError as error:
        raise NoKeys(str(path.name)) from error
    if not keys:
        raise NoKeys(str(path.name))
    return keys


class Vault:
    """Opens and seals small dictionaries of text."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def seal(self, secret: dict[str, str]) -> bytes:
        return self._fernet.encrypt(json.dumps(secret, sort_keys=True).encode())

    def open(self, sealed: bytes) -> dict[str, str]:
        try:
            opened: dict[str, str] = json.loads(self._fernet.decrypt(sealed))
        except InvalidToken as error:
            raise CannotOpen from error
        return opened

    def rotate(self, sealed: bytes) -> bytes:
        """The same secret sealed by the newest key."""
        try:
            return self._fernet.rotate(sealed)
        except InvalidToken as error:
            raise CannotOpen from error
