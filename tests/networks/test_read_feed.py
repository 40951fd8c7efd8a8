"""Reading a feed: every kind gives its titles, links, ids and dates; no bytes make it raise, and nothing that runs comes out."""

import json
import re
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parvis.networks.read_feed import FeedRead, one_line, read_feed

URL = "https://journal.test/feed/"
RSS = """<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>Le Journal</title>
<item><title>Un v&#233;lo &amp; des c&#226;bles</title><link>/velo</link><guid isPermaLink="false">n-1</guid>
<description>&lt;p&gt;Bonjour &lt;b&gt;Orl&#233;ans&lt;/b&gt;&lt;/p&gt;&lt;script&gt;alert(1)&lt;/script&gt;</description>
<pubDate>Wed, 25 Nov 2026 08:00:00 +0100</pubDate></item></channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>Le Blog</title><entry><id>urn:1</id><title type="html">A &lt;em&gt;b&lt;/em&gt;</title>
<link href="https://blog.test/1"/><published>2026-11-20T10:00:00Z</published><updated>2026-11-21T10:00:00Z</updated>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p onclick="x()">Du texte</p></div></content></entry></feed>"""
JSON = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "Le Flux",
    "items": [
        {
            "id": 7,
            "url": "a/b",
            "title": "Sept",
            "content_html": "<p>Du <i>texte</i></p>",
            "date_published": "2026-11-20T10:00:00+01:00",
        }
    ],
}


def read(content: bytes | str, content_type: str = "") -> FeedRead:
    return read_feed(content.encode() if isinstance(content, str) else content, url=URL, content_type=content_type)


def test_rss_gives_title_link_id_line_and_date() -> None:
    feed = read(RSS, "application/rss+xml")
    assert (feed.title, feed.kind, feed.error) == ("Le Journal", "rss", "")
    (item,) = feed.items
    assert (item.id, item.title, item.url) == ("n-1", "Un vélo & des câbles", "https://journal.test/velo")
    assert item.summary == "Bonjour Orléans"
    assert item.published == datetime(2026, 11, 25, 7, tzinfo=UTC)


def test_atom_gives_the_published_date_and_a_version_that_grows_with_the_update() -> None:
    (item,) = read(ATOM).items
    assert (item.id, item.title, item.url, item.summary) == ("urn:1", "A b", "https://blog.test/1", "Du texte")
    assert item.published == datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert item.version > "2026-11-21T09"


def test_json_feed_with_a_number_as_id() -> None:
    feed = read("\ufeff" + json.dumps(JSON), "application/feed+json")
    (item,) = feed.items
    assert (feed.title, feed.kind, item.id, item.url) == ("Le Flux", "json", "7", "https://journal.test/feed/a/b")
    assert item.summary == "Du texte"
    assert item.published == datetime(2026, 11, 20, 9, tzinfo=UTC)


def test_a_feed_without_items_is_no_error() -> None:
    assert read("<rss version='2.0'><channel><title>Vide</title></channel></rss>") == FeedRead("Vide", "rss")


def test_a_feed_cut_in_the_middle_still_tells_what_it_carries() -> None:
    feed = read(RSS[: RSS.index("<pubDate>")])
    assert [item.id for item in feed.items] == ["n-1"]
    assert feed.error == ""


def test_a_latin_1_feed_keeps_its_accents() -> None:
    told = "<?xml version='1.0' encoding='iso-8859-1'?><rss version='2.0'><channel><title>Été</title></channel></rss>"
    assert read(told.encode("latin-1")).title == "Été"


def test_the_article_itself_is_never_kept() -> None:
    long = "mot " * 5000
    (item,) = read(RSS.replace("Bonjour", long)).items
    assert len(item.summary) <= 280


def test_items_without_an_id_get_one_that_stays_the_same() -> None:
    told = "<rss version='2.0'><channel><item><title>Sans rien</title></item></channel></rss>"
    first, second = read(told).items[0].id, read(told).items[0].id
    assert first == second
    assert first


NASTY = {
    "empty": b"",
    "blank": b" \r\n\t",
    "html": b"<!doctype html><html><head><title>A page</title></head><body><p>hello</body></html>",
    "png": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20,
    "xxe": b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss version="2.0"><channel><title>&x;</title></channel></rss>',
    "laughs": b"<!DOCTYPE l [<!ENTITY a0 'ha'>"
    + b"".join(b"<!ENTITY a%d '%s'>" % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 10))
    + b"]><rss version='2.0'><channel><title>&a9;</title></channel></rss>",
    "deep": b"<rss version='2.0'><channel><item><description>" + b"<a>" * 200_000,
    "deep-json": b'{"version":"https://jsonfeed.org/version/1","items":' + b"[" * 200_000,
    "odd-json": b'{"version":"https://jsonfeed.org/version/1","items":[1,null,{"id":{},"url":[],"title":3},{"id":"\\ud800","title":"\\u0000"}]}',
    "bad-encoding": b"<?xml version='1.0' encoding='klingon'?><rss version='2.0'><channel><title>\xff\xfe</title></channel></rss>",
    "half-utf16": "<rss version='2.0'><channel>".encode("utf-16") + b"\xff",
    "angle-brackets": b"<" * 300_000,
    "open-tags": b"<rss version='2.0'><channel><item><description>" + b"&lt;a " * 50_000,
    "open-cdata": b"<rss version='2.0'><channel><item><title><![CDATA[" + b"<![" * 50_000,
    "attributes": b"<rss " + b" a='" * 50_000,
    "odd-date": b"<rss version='2.0'><channel><item><title>x</title><pubDate>99999-99-99T99:99:99Z</pubDate></item></channel></rss>",
    "bad-links": b"<rss version='2.0'><channel><item><title>x</title><link>http://[bad</link><guid>javascript:alert(1)</guid></item></channel></rss>",
}


@pytest.mark.parametrize("name", NASTY)
def test_no_file_makes_it_raise_or_linger(name: str) -> None:
    started = time.process_time()
    feed = read(NASTY[name])
    assert time.process_time() - started < 10
    assert "root:" not in repr(feed)
    assert len(repr(feed)) < 20_000
    if not name.startswith("odd") and name not in {"bad-links", "xxe", "bad-encoding", "laughs"}:
        assert feed.error or not feed.items or name in {"open-tags", "open-cdata", "deep"}


@pytest.mark.parametrize("name", ["empty", "blank", "html", "png", "deep-json", "angle-brackets"])
def test_a_hopeless_file_says_so(name: str) -> None:
    assert read(NASTY[name]).error


def test_a_file_that_is_too_large_is_refused_unread() -> None:
    assert "larger" in read(b"<rss>" + b" " * 3_000_001).error


ACTIVE = re.compile(r"<\s*script|javascript:|\bon(click|error|load)\s*=|<[a-z/!?]", re.IGNORECASE)
PIECES = st.sampled_from(
    ["<script>", "</script>", "<img src=x onerror=alert(1)>", "javascript:alert(1)", "java", "script:", "&lt;script&gt;",
     "&amp;lt;script&amp;gt;", "<![CDATA[", "]]>", "onclick=", "on", "load=", "<svg/onload=x>", "<", ">", '"', "&#60;", "&#x6a;",
     "<a href='javascript:x'>", "texte", "\x00", "&#1;", "é"]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES, max_size=12).map("".join))
def test_nothing_that_runs_ever_comes_out(words: str) -> None:
    xml = f"<rss version='2.0'><channel><title>{words}</title><item><title>{words}</title><link>{words}</link><guid>{words}</guid><description>{words}</description></item></channel></rss>"
    as_json = json.dumps({**JSON, "items": [{"id": words, "url": words, "title": words, "content_html": words}]})
    for feed in (read(xml), read(as_json)):
        for item in feed.items:
            for field in (feed.title, item.id, item.title, item.url, item.summary):
                assert not ACTIVE.search(field)
    assert not ACTIVE.search(one_line(words))


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400), st.sampled_from(["", "text/xml; charset=klingon", "application/json", "text/html"]))
def test_any_bytes_are_read_without_an_error_raised(content: bytes, content_type: str) -> None:
    read(content, content_type)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_feed_with_a_few_bytes_changed_is_read_without_an_error_raised(data: st.DataObject) -> None:
    whole = bytearray(data.draw(st.sampled_from([RSS, ATOM, json.dumps(JSON)])).encode())
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(whole) - 1))
        whole[at : at + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=6))
    read(bytes(whole))
