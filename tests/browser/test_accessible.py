"""Every page of the desk, light and dark, wide and narrow: no grave fault for axe, no word from the CSP, no side scroll."""

import gzip
import os
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Response, expect

from tests.browser import axe
from tests.browser.desk import NARROW, SCREEN, enter_practice, find_question, open_context, read_setup_url, serving
from tests.browser.test_journey_bluesky import open_house
from tests.config.instance import Instance
from tests.peers.missing import MissingPeer

pytestmark = pytest.mark.real

LOOKS = [(scheme, viewport) for scheme in ("light", "dark") for viewport in (SCREEN, NARROW)]
NAMES = [f"{scheme}-{viewport['width']}" for scheme, viewport in LOOKS]
MAX_FIRST_VISIT = 60_000
PAGES = (
    "/boite/mine/", "/boite/free/", "/boite/team/", "/boite/waiting/", "/boite/later/", "/boite/closed/",
    "/boite/team/?q=freins", "/comptoir/", "/personnes/", "/equipe/", "/reseaux/", "/reseaux/bluesky/",
    "/reseaux/mastodon/", "/reseaux/feeds/", "/reglages/", "/reglages/information/",
    "/compte/2fa/", "/nulle-part/",
)  # fmt: skip
OUTSIDE = ("/compte/login/", "/nulle-part/")


@pytest.fixture(scope="module", autouse=True)
def judge() -> None:
    must_run = os.environ.get("PARVIS_TEST_REAL") == "1"
    try:
        if must_run:
            axe.install()
        axe.read_script()
    except MissingPeer as missing:
        if must_run:
            raise
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def practice(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    with serving(tmp_path_factory.mktemp("practice"), "--practice") as instance:
        yield instance


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """A house whose set-up link nobody has opened yet."""
    with serving(tmp_path_factory.mktemp("house")) as instance:
        yield instance


class Eye:
    """Looks at pages, and keeps what is wrong with each."""

    def __init__(self, page: Page, base: str) -> None:
        self.page, self.base = page, base
        self.faults: list[str] = []
        self.seen = 0
        page.on("console", lambda said: self._hear(said.type, said.text))
        page.on("pageerror", lambda error: self._hear("error", str(error)))

    def _hear(self, kind: str, text: str) -> None:
        if kind == "error" and "status of 404" not in text:
            self.faults.append(f"{self.page.url}: {text[:300]}")

    def look(self, address: str = "") -> None:
        if address:
            self.page.goto(f"{self.base}{address}")
        place = self.page.url.removeprefix(self.base)
        width = self.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        if width[0] > width[1]:
            self.faults.append(f"{place}: {width[0]} px wide in {width[1]}")
        heard = list(self.faults)
        found = axe.find_grave(self.page)
        self.faults = [*heard, *(f"{place}: {one}" for one in found)]
        self.seen += 1


def list_conversation_pages(page: Page) -> list[str]:
    """Every conversation in the box, and the pages for a phone of a question."""
    urls = page.locator(".line a.who").evaluate_all("links => links.map(a => a.getAttribute('href'))")
    number = find_question(page)
    return [*urls, f"/question/{number}/", f"/question/{number}/reponse/"]


def test_the_eye_sees_faults(browser: Browser, practice: Instance) -> None:
    """A picture without words, a script that the CSP forbids and a wide block are each told."""
    base = f"http://localhost:{practice.port}"
    page = open_context(browser, NARROW).new_page()
    eye = Eye(page, base)
    page.goto(f"{base}/compte/login/")
    page.evaluate(
        """() => {
            const parts = ["img", "script", "pre"].map((name) => document.createElement(name));
            parts[0].src = "/static/desk/icon.svg";
            parts[1].textContent = "1";
            parts[2].textContent = "x".repeat(900);
            document.body.append(...parts);
        }"""
    )
    eye.look()
    page.context.close()
    told = "\n".join(eye.faults)
    assert "Content Security Policy" in told
    assert "px wide in 360" in told
    assert "image-alt" in told


@pytest.mark.parametrize(("scheme", "viewport"), LOOKS, ids=NAMES)
def test_every_page_of_the_desk(browser: Browser, practice: Instance, scheme: Any, viewport: dict[str, int]) -> None:
    base = f"http://localhost:{practice.port}"
    context = open_context(browser, viewport, color_scheme=scheme)
    page = enter_practice(context, practice)
    eye = Eye(page, base)
    for address in [*list_conversation_pages(page), *PAGES]:
        eye.look(address)
    page.goto(f"{base}/personnes/")
    person = page.locator("main a[href^='/personnes/']").first.get_attribute("href")
    eye.look(person)
    context.clear_cookies()
    for address in OUTSIDE:
        eye.look(address)
    context.close()
    assert eye.faults == []
    assert eye.seen == len(PAGES) + len(OUTSIDE) + 11


@pytest.mark.parametrize(("scheme", "viewport"), LOOKS, ids=NAMES)
def test_the_first_day(browser: Browser, house: Instance, scheme: Any, viewport: dict[str, int]) -> None:
    context = open_context(browser, viewport, color_scheme=scheme)
    page, setup_url = context.new_page(), read_setup_url(house)
    eye = Eye(page, f"http://localhost:{house.port}")
    page.goto(setup_url)
    for step in ("name", "trade", "owner"):
        eye.look(f"{setup_url.removeprefix(eye.base)}?step={step}")
    context.close()
    assert (eye.faults, eye.seen) == ([], 3)


def test_the_rest_of_the_first_day_and_the_public_notice(browser: Browser, house: Instance) -> None:
    context = open_context(browser, SCREEN)
    page, base = context.new_page(), f"http://localhost:{house.port}"
    open_house(page, read_setup_url(house))
    expect(page.locator("h1")).to_be_visible()
    page.goto(f"{base}/equipe/")
    page.locator("#invited").fill("Karim")
    page.get_by_role("button", name="Inviter un collègue").click()
    invitation = page.get_by_label("Le lien").input_value().removeprefix(base)
    eye = Eye(page, base)
    eye.look()
    for scheme, viewport in LOOKS:
        page.set_viewport_size(viewport)
        page.emulate_media(color_scheme=scheme)
        for address in ("/bienvenue/horaires/", "/rejoindre/sujets/", "/p/cycles-ligerien/", invitation):
            eye.look(address)
    context.close()
    assert (eye.faults, eye.seen) == ([], 17)


def test_the_first_visit_is_light(browser: Browser, practice: Instance) -> None:
    context = open_context(browser, SCREEN)
    url = f"http://localhost:{practice.port}/boite/team/{find_question(enter_practice(context, practice))}/"
    visit = open_context(browser, SCREEN, storage_state=context.storage_state()).new_page()
    responses: list[Response] = []
    visit.on("response", lambda response: responses.append(response))
    visit.goto(url)
    expect(visit.locator("[data-count]")).not_to_be_empty()
    parts = {
        response.url: len(gzip.compress(response.body(), 6))
        for response in responses
        if response.request.resource_type in ("script", "stylesheet")
    }
    assert any(name.endswith(".css") for name in parts)
    assert any(name.endswith(".js") for name in parts)
    assert sum(parts.values()) <= MAX_FIRST_VISIT, parts
    visit.context.close()
    context.close()
