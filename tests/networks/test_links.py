"""Who links to us, verified on the page of whoever says so; and telling others. Then a real WordPress, both ways."""

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from parvis.networks.discovery import discover
from parvis.networks.links import (
    Links,
    make_link_id,
    outgoing_links,
    send_pingback,
    send_webmention,
    tell_page,
    verify_source,
)
from parvis.networks.pings import fault, read_pingback, thanks
from parvis.wire import errors
from tests.networks.site import Site, serve_site
from tests.peers.wordpress import Blog

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
TARGET = "https://cycles.test/p/cycles/"


@pytest.fixture
def site() -> Iterator[Site]:
    with serve_site() as running:
        yield running


def test_a_link_is_told_with_its_page_and_the_words_around_it(site: Site) -> None:
    page = (
        "<title>Mon quartier</title><meta property='og:site_name' content='Le voisin'>"
        f"<p>Hier, <a href='{TARGET}'>Cycles Ligérien</a> a réparé mon vélo.</p><p>Autre chose.</p>"
    )
    source = site.put("/article", page)
    told = verify_source(source, TARGET, now=NOW)
    assert (told.kind, told.state, told.native_id) == ("link", "live", make_link_id(source, TARGET))
    assert (told.title, told.native_url) == ("Mon quartier", source)
    assert told.author is not None
    assert told.author.name == "Le voisin"
    assert "Cycles Ligérien a réparé mon vélo" in told.text


def test_the_author_of_a_marked_up_entry_is_named(site: Site) -> None:
    page = (
        "<article class='h-entry'><a class='p-author h-card' href='/moi'>Marie Dupré</a>"
        f"<div class='e-content'><a href='{TARGET}'>eux</a></div></article>"
    )
    told = verify_source(site.put("/entry", page), TARGET, now=NOW)
    assert told.author is not None
    assert (told.author.name, told.author.url) == ("Marie Dupré", f"{site.url}/moi")


@pytest.mark.parametrize(
    ("body", "type"),
    [
        (f"<!-- <a href='{TARGET}'>x</a> -->", "text/html"),
        (f"<p>{TARGET}</p>", "text/html"),
        (f"<a href='{TARGET}other'>x</a>", "text/html"),
        ("", "text/html"),
        (f"see {TARGET}other", "text/plain"),
        (json.dumps({"a": [f"{TARGET} and more"]}), "application/json"),
        ("{" * 5000, "application/json"),
    ],
)
def test_a_page_without_the_exact_link_is_a_deletion_without_words(site: Site, body: str, type: str) -> None:
    told = verify_source(site.put("/page", body, type=type), TARGET, now=NOW)
    assert (told.state, told.text, told.title, told.author) == ("deleted", "", "", None)


@pytest.mark.parametrize(
    ("body", "type"),
    [
        (f"<img src='{TARGET}'>", "text/html"),
        (f"look: {TARGET}.", "text/plain"),
        (json.dumps({"a": [{"b": TARGET}]}), "application/json"),
    ],
)
def test_an_exact_link_counts_by_the_type_of_the_page(site: Site, body: str, type: str) -> None:
    assert verify_source(site.put("/page", body, type=type), TARGET, now=NOW).state == "live"


@pytest.mark.parametrize("status", [404, 410])
def test_a_page_that_is_gone_is_a_deletion(site: Site, status: int) -> None:
    assert verify_source(site.put("/page", status=status), TARGET, now=NOW).state == "deleted"


def test_a_page_in_trouble_is_looked_at_again_later(site: Site) -> None:
    source = site.put("/page", status=503)
    with pytest.raises(errors.Transient):
        verify_source(source, TARGET, now=NOW)


def test_nothing_that_runs_comes_with_a_link(site: Site) -> None:
    page = f"<title>&lt;script&gt;x</title><p onclick='x()'>Oui <script>alert(1)</script><a href='{TARGET}'>&lt;img onerror=x&gt;</a></p>"
    told = verify_source(site.put("/bad", page), TARGET, now=NOW)
    assert "<" not in told.text + told.title


def test_a_kept_ping_becomes_one_item(site: Site) -> None:
    source = site.put("/page", f"<a href='{TARGET}'>x</a>")
    batch = Links().receive(json.dumps({"source": source, "target": TARGET}).encode(), {})
    assert [item.native_id for item in batch.items] == [make_link_id(source, TARGET)]
    with pytest.raises(errors.Rejected):
        Links().receive(b"{}", {})


def test_a_webmention_is_sent_as_a_form(site: Site) -> None:
    endpoint = site.put("/take?c=1", status=201, headers=[("Location", "/state/1")])
    assert send_webmention("https://a.test/x", TARGET, endpoint) == f"{site.url}/state/1"
    asked = site.asked[-1]
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"
    assert asked.body == b"source=https%3A%2F%2Fa.test%2Fx&target=https%3A%2F%2Fcycles.test%2Fp%2Fcycles%2F"


@pytest.mark.parametrize(("status", "kind"), [(400, errors.Rejected), (500, errors.Transient), (429, errors.Transient)])
def test_a_refused_webmention_is_named(site: Site, status: int, kind: type[errors.NetworkError]) -> None:
    endpoint = site.put("/take", status=status)
    with pytest.raises(kind):
        send_webmention("https://a.test/x", TARGET, endpoint)


def test_a_pingback_is_sent_as_our_own_reader_reads_it(site: Site) -> None:
    endpoint = site.put("/xmlrpc", thanks(), type="text/xml")
    assert "kept" in send_pingback("https://a.test/?a=1&b=<2>", TARGET, endpoint)
    assert read_pingback(site.asked[-1].body) == ("https://a.test/?a=1&b=<2>", TARGET)


def test_a_pingback_that_is_registered_already_is_a_success_and_another_fault_is_not(site: Site) -> None:
    endpoint = site.put("/xmlrpc", fault(0x0030, "known"), type="text/xml")
    assert send_pingback("https://a.test/x", TARGET, endpoint) == "known"
    site.put("/xmlrpc", fault(0x0011, "no link"), type="text/xml")
    with pytest.raises(errors.Rejected) as caught:
        send_pingback("https://a.test/x", TARGET, endpoint)
    assert caught.value.code == "17"


def test_an_answer_that_is_no_xml_is_said(site: Site) -> None:
    endpoint = site.put("/xmlrpc", "<html>hello")
    with pytest.raises(errors.ContractBroken):
        send_pingback("https://a.test/x", TARGET, endpoint)


def test_a_page_is_told_by_what_it_takes(site: Site) -> None:
    both = site.put("/both", f'<link rel="pingback" href="{site.url}/xmlrpc"><a rel="webmention" href="/take">x</a>')
    site.put("/take", status=202)
    site.put("/xmlrpc", thanks(), type="text/xml")
    assert tell_page("https://a.test/x", both) == "webmention"
    old = site.put("/old", headers=[("X-Pingback", f"{site.url}/xmlrpc")])
    assert tell_page("https://a.test/x", old) == "pingback"
    assert tell_page("https://a.test/x", site.put("/bare", "<p>rien</p>")) == ""


def test_the_links_of_our_own_words_are_absolute_and_told_once() -> None:
    markup = '<p><a href="/a">a</a> <a href="https://b.test/?x=1&amp;y=2">b</a> <a href="/a">a</a> <a href="mailto:x@y.z">m</a></p>'
    assert outgoing_links(markup, "https://cycles.test/p/") == ("https://cycles.test/a", "https://b.test/?x=1&y=2")
    assert outgoing_links("", "https://cycles.test/") == ()


@pytest.mark.real
def test_a_real_wordpress_pings_us_is_verified_and_its_deletion_seen(site: Site, wordpress: Blog) -> None:
    target = site.put("/ateliers", "<p>Nos ateliers</p>", headers=[("X-Pingback", f"{site.url}/xmlrpc")])
    site.put("/xmlrpc", thanks(), type="text/xml")
    made = wordpress.publish(
        f"Chez eux {time.time_ns()}", f'<p>Allez donc <a href="{target}">à leurs ateliers</a>.</p>'
    )
    try:
        calls = [asked for asked in site.asked if asked.method == "POST"]
        assert [asked.method for asked in site.asked][0] == "HEAD"
        assert [read_pingback(asked.body) for asked in calls] == [(made["link"], target)]
        told = verify_source(made["link"], target, now=NOW)
        assert (told.state, told.native_url) == ("live", made["link"])
        assert "à leurs ateliers" in told.text
    finally:
        wordpress.delete(made["id"])
    assert verify_source(made["link"], target, now=NOW).state == "deleted"


@pytest.mark.real
def test_a_real_wordpress_takes_our_pingback_once(site: Site, wordpress: Blog) -> None:
    made = wordpress.publish(f"On en parle {time.time_ns()}", "<p>Un article.</p>")
    try:
        endpoint = discover(made["link"]).pingback
        assert endpoint == f"{wordpress.url}/xmlrpc.php"
        source = site.put("/notre-page", f"<title>Nous</title><p>Lisez <a href='{made['link']}'>cet article</a>.</p>")
        assert "registered" in send_pingback(source, made["link"], endpoint).lower()
        send_pingback(source, made["link"], endpoint)
        elsewhere = site.put("/sans-lien", "<title>Nous</title><p>rien</p>")
        with pytest.raises(errors.Rejected) as caught:
            send_pingback(elsewhere, made["link"], endpoint)
        assert caught.value.code == "0"  # WordPress hides the codes of its faults, all but 48
    finally:
        wordpress.delete(made["id"])
