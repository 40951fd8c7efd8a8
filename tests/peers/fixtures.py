"""The peers as fixtures of the whole run: absent, they skip with one line; when everything is asked for, they fail."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest

from tests.peers import bluesky, mastodon, snac
from tests.peers import postgres as databases
from tests.peers import wordpress as blogs
from tests.peers.missing import MissingPeer


def use(start: Callable[[], AbstractContextManager[Any]], install: Callable[[], None] | None = None) -> Iterator[Any]:
    """The peer while the tests run; with PARVIS_TEST_REAL=1 it is installed first and may not be missing."""
    must_run = os.environ.get("PARVIS_TEST_REAL") == "1"
    try:
        if must_run and install is not None:
            install()
        with start() as peer:
            yield peer
    except MissingPeer as missing:
        if must_run:
            raise
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def bluesky_full() -> Iterator[bluesky.Network]:
    yield from use(bluesky.start, bluesky.install)


@pytest.fixture(scope="session")
def bluesky_pds() -> Iterator[bluesky.Network]:
    yield from use(bluesky.start_pds, bluesky.install)


@pytest.fixture(scope="session")
def snac_pair() -> Iterator[snac.Pair]:
    yield from use(snac.start, snac.install)


@pytest.fixture(scope="session")
def wordpress() -> Iterator[blogs.Blog]:
    yield from use(blogs.start)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    yield from use(databases.start)


@pytest.fixture(scope="session")
def mastodon_mock() -> Iterator[mastodon.Mock]:
    yield from use(mastodon.start)
