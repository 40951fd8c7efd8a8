"""Discovery, by the 23 cases of the W3C's public test site restated for a site of our own; and the traps beside them."""

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

from parvis.networks.discovery import Endpoints, discover, list_links
from tests.networks.site import Site, serve_site

END = "/take?c=1"


@pytest.fixture
def site() -> Iterator[Site]:
    with serve_site() as running:
        yield running


# (number, headers, body): every case must find END under the page's own site. {site} is its address.
CASES = [
    (1, [("Link", "</take?c=1>; rel=webmention")], "unquoted rel, relative address in a header"),
    (2, [("Link", "<{site}/take?c=1>; rel=webmention")], "absolute address in a header"),
    (3, [], '<link rel="webmention" href="/take?c=1">'),
    (4, [], '<link rel="webmention" href="{site}/take?c=1">'),
    (5, [], '<p><a rel="webmention" href="/take?c=1">here</a></p>'),
    (6, [], '<p><a rel="webmention" href="{site}/take?c=1">here</a></p>'),
    (7, [("LinK", "<{site}/take?c=1>; rel=webmention")], "strange case of the name"),
    (8, [("Link", '<{site}/take?c=1>; rel="webmention"')], "quoted rel"),
    (9, [], '<link rel="webmention somethingelse" href="{site}/take?c=1">'),
    (10, [("Link", '<{site}/take?c=1>; rel="webmention somethingelse"')], "several rels in a header"),
    (
        11,
        [("Link", "</take?c=1>; rel=webmention")],
        '<link rel="webmention" href="/wrong"><a rel="webmention" href="/wrong">x</a>',
    ),
    (12, [], '<link rel="not-webmention" href="/wrong"><a href="/take?c=1" rel="webmention">x</a>'),
    (13, [], '<!-- <a href="/wrong" rel="webmention"></a> --><a href="/take?c=1" rel="webmention">x</a>'),
    (
        14,
        [],
        '<code>&lt;a href="/wrong" rel="webmention"&gt;&lt;/a&gt;</code><a href="/take?c=1" rel="webmention">x</a>',
    ),
    (16, [], '<a href="/take?c=1" rel="webmention">x</a><link rel="webmention" href="/wrong">'),
    (17, [], '<link rel="webmention" href="/take?c=1"><a href="/wrong" rel="webmention">x</a>'),
    (18, [("Link", "</other>; rel=other"), ("Link", "</take?c=1>; rel=webmention")], "several headers"),
    (19, [("Link", '</other>; rel="other", </take?c=1>; rel="webmention"')], "one header, several values"),
    (20, [], '<link rel="webmention"><a href="/take?c=1" rel="webmention">x</a>'),
    (21, [], '<link rel="webmention" href="/take?c=1">'),
]


@pytest.mark.parametrize(("number", "headers", "body"), CASES, ids=[f"case-{case[0]}" for case in CASES])
def test_discovery_case(site: Site, number: int, headers: list[tuple[str, str]], body: str) -> None:
    told = [(name, value.replace("{site}", site.url)) for name, value in headers]
    page = site.put(f"/test/{number}", f"<html><body>{body.replace('{site}', site.url)}</body></html>", headers=told)
    assert discover(page).webmention == site.url + END


def test_discovery_case_15_an_empty_address_is_the_page_itself(site: Site) -> None:
    page = site.put("/test/15", '<link rel="webmention" href="">')
    assert discover(page).webmention == page


def test_discovery_case_22_an_address_relative_to_the_path(site: Site) -> None:
    page = site.put("/test/22", '<link rel="webmention" href="22/take">')
    assert discover(page).webmention == f"{site.url}/test/22/take"


def test_discovery_case_23_relative_to_where_the_redirect_ends(site: Site) -> None:
    page = site.put("/test/23/page", status=302, headers=[("Location", "page/final")])
    site.put("/test/23/page/final", '<link rel="webmention" href="take">')
    assert discover(page).webmention == f"{site.url}/test/23/page/take"


def test_a_server_that_refuses_head_is_asked_by_get(site: Site) -> None:
    page = site.put("/no-head", '<link rel="pingback" href="http://127.0.0.1/xmlrpc?a=1&amp;b=2">', refuses_head=True)
    assert discover(page) == Endpoints(None, "http://127.0.0.1/xmlrpc?a=1&b=2")
    assert [asked.method for asked in site.asked] == ["HEAD", "GET"]


def test_both_in_headers_cost_one_head(site: Site) -> None:
    page = site.put("/both", headers=[("X-Pingback", "http://127.0.0.1/x"), ("Link", "</w>; rel=webmention")])
    assert discover(page) == Endpoints(f"{site.url}/w", "http://127.0.0.1/x")
    assert [asked.method for asked in site.asked] == ["HEAD"]


def test_nothing_is_announced(site: Site) -> None:
    assert discover(site.put("/bare", "<p>rel=webmention</p>")) == Endpoints(None, None)


def test_an_address_that_runs_is_no_endpoint(site: Site) -> None:
    page = site.put("/bad", '<a rel="webmention" href="javascript:alert(1)">x</a>')
    assert discover(page) == Endpoints(None, None)


def test_elements_of_what_is_not_html_announce_nothing(site: Site) -> None:
    page = site.put("/plain", '<link rel="webmention" href="/take">', type="text/plain")
    assert discover(page) == Endpoints(None, None)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ('<a,b>; rel="x"; title="y, z; <w>", <c>; rel=WebMention', [("a,b", ("x",)), ("c", ("webmention",))]),
        ('<a>; title="say \\"hi\\""; REL = "One two"', [("a", ("one", "two"))]),
        ("<a>; rel=first; rel=second", [("a", ("first",))]),
        ("<>; rel=webmention", [("", ("webmention",))]),
        ("no link at all", []),
    ],
)
def test_link_headers_are_read_as_their_grammar_says(header: str, expected: list[tuple[str, tuple[str, ...]]]) -> None:
    assert list(list_links(header)) == expected


def test_a_hostile_link_header_costs_little(site: Site) -> None:
    code = (
        "from parvis.networks.discovery import list_links; print(len(list(list_links('<a>;' * 4000 + ' x=\"' * 4000))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, timeout=10, check=True, env={"PYTHONPATH": "src"}
    )
    assert json.loads(done.stdout) >= 0
