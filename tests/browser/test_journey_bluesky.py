"""The first day on a phone, in French, on the real Bluesky: from the printed link to an answer read over there."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.desk import PHONE, open_context, read_setup_url, serving
from tests.config.instance import Instance
from tests.peers.accounts import Person, until
from tests.peers.bluesky import Network

pytestmark = pytest.mark.real

PASSWORD = "une-phrase-assez-longue"


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Instance]:
    with serving(tmp_path, settings={"PARVIS_ALLOW_LOOPBACK": "1", "PARVIS_POLL_S": "1"}) as found:
        yield found


def open_phone(browser: Browser) -> Page:
    return open_context(browser, PHONE, has_touch=True, is_mobile=True).new_page()


def press(page: Page, words: str) -> None:
    page.get_by_role("button", name=words, exact=True).first.click()


def open_house(page: Page, setup_url: str) -> None:
    """Five things asked one after the other, and the notice is public."""
    page.goto(setup_url)
    page.get_by_label("Le nom").fill("Cycles Ligérien")
    press(page, "Continuer")
    page.locator("#trade").fill("vélos")
    page.locator("#commune").fill("Orléans")
    press(page, "Continuer")
    page.get_by_label("Votre prénom").fill("Sonia")
    page.locator("#trade_words").fill("accueil")
    page.locator("#email").fill("sonia@cycles.test")
    page.locator("#password").fill(PASSWORD)
    press(page, "Ouvrir la maison")
    press(page, "Continuer")
    expect(page.locator("textarea#text")).to_have_value(re.compile("Cycles Ligérien"))
    press(page, "Publier")


def plug(page: Page, shop: Person, host: str) -> None:
    page.get_by_role("link", name=re.compile("Brancher.*Bluesky")).click()
    page.locator("#f-host").fill(host)
    page.locator("#f-handle").fill(shop.handle)
    page.locator("#f-app_password").fill(shop.app_password())
    press(page, "Brancher")
    expect(page.locator("ul.rows").first).to_contain_text(shop.handle)


def invite(page: Page, base: str, name: str) -> str:
    page.goto(f"{base}/equipe/")
    page.locator("#invited").fill(name)
    press(page, "Inviter un collègue")
    return page.get_by_label("Le lien").input_value()


def join(browser: Browser, url: str, name: str, trade: str, topics: list[str]) -> Page:
    """A colleague comes in by the link on a phone of their own."""
    page = open_phone(browser)
    page.goto(url)
    page.get_by_label("J’ai lu la charte").check()
    page.get_by_label("J’accepte de parler sous mon prénom").check()
    press(page, "Continuer")
    page.locator("#first_name").fill(name)
    page.locator("#trade").fill(trade)
    page.locator("#email").fill(f"{name.lower()}@cycles.test")
    page.locator("#password").fill(PASSWORD)
    press(page, "Continuer")
    for at, topic in enumerate(topics):
        page.locator("[name=topic]").nth(at).fill(topic)
    press(page, "Entrer")
    expect(page.locator(".box")).to_be_visible()
    return page


def test_from_the_printed_link_to_an_answer_read_on_bluesky(
    browser: Browser, instance: Instance, bluesky_full: Network
) -> None:
    base = f"http://localhost:{instance.port}"
    shop, customer = bluesky_full.make_person("cycles-ligerien"), bluesky_full.make_person("marie-lefevre")
    setup_url, sonia = read_setup_url(instance), open_phone(browser)
    open_house(sonia, setup_url)
    assert sonia.goto(setup_url).status == 404  # the link served once
    sonia.goto(f"{base}/reseaux/")
    plug(sonia, shop, bluesky_full.host)
    karim = join(browser, invite(sonia, base, "Karim"), "Karim", "atelier", ["dérailleur", "freins", "roue voilée"])
    join(browser, invite(sonia, base, "Lucie"), "Lucie", "vente", ["vélos électriques", "prix d’un vélo", "reprise"])

    sonia.goto(f"{base}/boite/team/")
    sonia.evaluate("window.sameDocument = true")
    asked = customer.post(f"Bonjour @{shop.handle}, mon dérailleur saute depuis la révision ?", mention=shop)
    line = sonia.locator(".line", has_text="mon dérailleur saute")
    expect(line).to_be_visible(timeout=30_000)
    assert sonia.evaluate("window.sameDocument")
    line.locator("a.who").click()
    best = sonia.locator("#thread-best .person-pill.on")
    expect(best).to_contain_text("Karim")
    expect(sonia.locator("#thread-best")).to_contain_text("dérailleur")

    number = re.search(r"/(\d+)/$", sonia.url)
    assert number is not None
    karim.goto(f"{base}/question/{number.group(1)}/")
    expect(karim.locator("main")).to_contain_text("mon dérailleur saute")
    expect(karim.locator("main .why")).to_contain_text("dérailleur")
    karim.get_by_role("link", name="Je réponds").click()
    karim.locator("textarea#text").fill("Tournez la molette d’un quart de tour, ça doit suffire.")
    press(karim, "Envoyer")

    replies = until(lambda: customer.read_replies(asked["uri"]), 60)
    assert [reply["post"]["author"]["handle"] for reply in replies] == [shop.handle]
    text = replies[0]["post"]["record"]["text"]
    assert text == "Tournez la molette d’un quart de tour, ça doit suffire.\n— Karim, atelier"
    assert len(shop.list_posts()) == 1
