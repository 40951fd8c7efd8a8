"""The feed network over HTTP: found from a site's address, and 301, 304, 410 and 429 obeyed; then a real WordPress."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from parvis.networks.feed_check import check_feed
from parvis.networks.feeds import Feeds, read_cursor, read_retry_after
from parvis.wire import errors
from parvis.wire.contract import Access
from tests.networks.site import Site, serve_site
from tests.peers.wordpress import Blog

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def make_rss(*ids: str) -> str:
    items = "".join(f"<item><guid>{i}</guid><title>Titre {i}</title><link>/{i}</link></item>" for i in ids)
    return f"<rss version='2.0'><channel><title>Journal</title>{items}</channel></rss>"


def access(url: str) -> Access:
    return Access(host=url, native_id=url, handle="journal")


@pytest.fixture
def site() -> Iterator[Site]:
    with serve_site() as running:
        yield running


def test_a_feed_is_found_from_the_address_of_its_site(site: Site) -> None:
    head = (
        '<link rel="alternate" type="application/rss+xml" href="/comments/feed">'
        '<link rel="alternate" type="application/rss+xml" href="/le-flux">'
    )
    site.put("/", head)
    site.put("/comments/feed", make_rss("c"), type="application/rss+xml")
    site.put("/le-flux", make_rss("a"), type="application/rss+xml")
    linked = Feeds().connect({"address": f"{site.url}/"})
    assert (linked.host, linked.label) == (f"{site.url}/le-flux", "Journal")


def test_a_feed_that_is_not_announced_is_found_in_a_usual_place(site: Site) -> None:
    site.put("/", "<p>Bienvenue</p>")
    site.put("/atom.xml", make_rss("a"))
    assert Feeds().connect({"address": site.url}).host == f"{site.url}/atom.xml"


def test_the_address_of_the_feed_itself_will_do(site: Site) -> None:
    assert Feeds().connect({"address": site.put("/rss", make_rss("a"))}).host == f"{site.url}/rss"


def test_a_site_without_a_feed_is_refused_in_words(site: Site) -> None:
    site.put("/", "<p>Bienvenue</p>")
    with pytest.raises(errors.Rejected) as caught:
        Feeds().connect({"address": site.url})
    assert caught.value.field == "address"


def test_an_article_is_told_once_and_only_by_title_link_and_line(site: Site) -> None:
    url = site.put("/rss", make_rss("a", "b"))
    first = Feeds().fetch(access(url), "")
    assert [item.native_id for item in first.items] == ["a", "b"]
    assert first.items[0].kind == "article"
    assert first.items[0].native_url == f"{site.url}/a"
    assert set(first.items[0].raw) == {"id", "link"}
    site.put("/rss", make_rss("c", "a", "b"))
    second = Feeds().fetch(access(url), first.cursor)
    assert [item.native_id for item in second.items] == ["c"]
    assert Feeds().fetch(access(url), second.cursor).items == ()


def test_what_the_server_gave_is_handed_back_and_304_brings_nothing(site: Site) -> None:
    marks = [("ETag", '"v1"'), ("Last-Modified", "Wed, 25 Nov 2026 08:00:00 GMT")]
    url = site.put("/rss", make_rss("a"), headers=marks)
    first = Feeds().fetch(access(url), "")
    site.put("/rss", status=304)
    second = Feeds().fetch(access(url), first.cursor)
    assert (second.items, second.cursor) == ((), first.cursor)
    assert site.asked[-1].headers["if-none-match"] == '"v1"'
    assert site.asked[-1].headers["if-modified-since"] == "Wed, 25 Nov 2026 08:00:00 GMT"


def test_moved_for_good_is_told_and_moved_for_now_is_not(site: Site) -> None:
    site.put("/new", make_rss("a"))
    old = site.put("/old", status=301, headers=[("Location", "/new")])
    assert Feeds().fetch(access(old), "").moved_to == f"{site.url}/new"
    away = site.put("/away", status=302, headers=[("Location", "/new")])
    assert Feeds().fetch(access(away), "").moved_to == ""
    mixed = site.put("/mixed", status=308, headers=[("Location", "/away")])
    assert Feeds().fetch(access(mixed), "").moved_to == f"{site.url}/away"


def test_a_move_to_a_forbidden_scheme_is_refused(site: Site) -> None:
    url = site.put("/old", status=301, headers=[("Location", "file:///etc/passwd")])
    with pytest.raises(errors.Rejected):
        Feeds().fetch(access(url), "")


@pytest.mark.parametrize(
    ("status", "kind"),
    [(410, errors.Gone), (404, errors.Transient), (403, errors.PermissionMissing), (500, errors.Transient)],
)
def test_each_status_has_its_meaning(site: Site, status: int, kind: type[errors.NetworkError]) -> None:
    url = site.put("/rss", status=status)
    with pytest.raises(kind):
        Feeds().fetch(access(url), "")


def test_too_many_requests_waits_as_long_as_told(site: Site) -> None:
    url = site.put("/rss", status=429, headers=[("Retry-After", "120")])
    with pytest.raises(errors.RateLimited) as caught:
        Feeds().fetch(access(url), "")
    until = caught.value.until
    assert until is not None
    assert timedelta(seconds=100) < until - datetime.now(UTC) <= timedelta(seconds=120)


@pytest.mark.parametrize(
    ("told", "seconds"),
    [("120", 120), ("Wed, 25 Nov 2026 13:00:00 GMT", 3600), ("99999999999999", 604_800), ("soon", None), ("", None)],
)
def test_retry_after_is_read_in_both_forms(told: str, seconds: int | None) -> None:
    expected = None if seconds is None else NOW + timedelta(seconds=seconds)
    assert read_retry_after(told, now=NOW) == expected


def test_a_page_that_took_the_place_of_the_feed_is_said_and_not_stored(site: Site) -> None:
    url = site.put("/rss", "<html><body>maintenance</body></html>")
    with pytest.raises(errors.ContractBroken):
        Feeds().fetch(access(url), "")


@pytest.mark.parametrize("cursor", ["", "{", "[]", "[1,2,3,4]", "null", '"abcd"'])
def test_a_cursor_that_does_not_read_hears_all_again(cursor: str) -> None:
    assert read_cursor(cursor).marks == ()


def test_check_tells_what_would_be_heard_from_a_file_and_from_an_address(site: Site, tmp_path: Path) -> None:
    path = tmp_path / "flux"
    path.write_text(make_rss("a"))
    from_file, from_site = check_feed(str(path)), check_feed(site.put("/rss", make_rss("a")))
    assert set(from_file) == {"title", "kind", "items", "error"}
    assert set(from_file["items"][0]) == {"id", "title", "url", "summary", "published"}
    assert (from_file["title"], from_file["kind"], from_file["error"]) == ("Journal", "rss", None)
    assert from_site["items"][0]["url"] == f"{site.url}/a"


@pytest.mark.parametrize(
    "given", ["/no/such/file.xml", "http://127.0.0.1:1/rss", "http://[bad", "file:///etc/passwd", "\x00"]
)
def test_check_says_what_is_wrong_and_never_raises(given: str) -> None:
    assert check_feed(given)["error"]


@pytest.mark.real
def test_the_feed_of_a_real_wordpress_costs_304_the_second_time(wordpress: Blog) -> None:
    made = wordpress.publish("Un atelier de quartier", "<p>Le câble du dérailleur, et puis les freins.</p>")
    try:
        linked = Feeds().connect({"address": wordpress.url})
        assert linked.label == "Le blog du voisin"
        first = Feeds().fetch(access(linked.host), "")
        told = next(item for item in first.items if item.native_url == made["link"])
        assert told.title == "Un atelier de quartier"
        assert "dérailleur" in told.text
        second = Feeds().fetch(access(linked.host), first.cursor)
        assert (second.items, second.note) == ((), "304")
        atom = Feeds().fetch(access(f"{wordpress.url}/feed/atom/"), "")
        assert made["link"] in [item.native_url for item in atom.items]
    finally:
        wordpress.delete(made["id"])
