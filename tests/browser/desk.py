"""A running Parvis and a browser before it: what every test of this folder, and the pictures, start from."""

import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.config.instance import Instance, command, environment, find_port, until

CHROMIUM = Path("/usr/bin/chromium")
PHONE = {"width": 390, "height": 844}
NARROW = {"width": 360, "height": 740}
SCREEN = {"width": 1280, "height": 800}


@contextmanager
def serving(place: Path, *options: str, settings: Mapping[str, str] | None = None) -> Iterator[Instance]:
    """`./parvis up` on a folder and a port of its own, once it has announced itself."""
    port, log = find_port(), place / "log"
    arguments = command("up", "--data", place / "data", "--port", port, *options)
    with log.open("w") as out:
        process = subprocess.Popen(
            arguments, env={**environment(), **(settings or {})}, stdout=out, stderr=out, text=True
        )
    instance = Instance(process, place / "data", port, log)
    try:
        until(lambda: instance.is_up() and instance.says("Parvis :"), "it never answered")
        yield instance
    finally:
        if process.poll() is None:
            instance.stop()


def read_setup_url(instance: Instance) -> str:
    """The one-use link that the start printed."""
    found = re.search(r"http\S+/bienvenue/\S+", instance.log.read_text())
    assert found is not None, instance.log.read_text()
    return found.group(0)


@contextmanager
def browsing() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def open_context(browser: Browser, viewport: Mapping[str, int], **more: Any) -> BrowserContext:
    """A person's own browser, in French."""
    context = browser.new_context(viewport=dict(viewport), locale="fr-FR", timezone_id="Europe/Paris", **more)
    context.set_default_timeout(20_000)
    return context


def enter_practice(context: BrowserContext, instance: Instance) -> Page:
    """The box of the practice desk, once its invented messages are there."""
    page, base = context.new_page(), f"http://localhost:{instance.port}"
    page.goto(f"{base}/exercice/")
    page.goto(f"{base}/boite/team/")
    expect(page.locator(".line")).to_have_count(8, timeout=60_000)
    return page


def find_question(page: Page) -> int:
    """The number of Marie's conversation in the practice box, a public question that can be answered."""
    url = page.locator(".line", has_text="dérailleur").locator("a.who").get_attribute("href")
    assert url is not None
    return int(url.rstrip("/").rsplit("/", 1)[1])
