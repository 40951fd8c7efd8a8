"""The browser as a fixture: absent, its tests skip with one line; when everything is asked for, they fail."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.desk import CHROMIUM, browsing


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        words = "Chromium is absent: apt-get install chromium"
        pytest.fail(words) if os.environ.get("PARVIS_TEST_REAL") == "1" else pytest.skip(words)
    with browsing() as found:
        yield found
