"""Markup from outside keeps thirteen elements and nothing that runs."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.lib.html import clean, to_text

KEPT = {
    "a": {"href", "title", "rel"}, "abbr": {"title"}, "acronym": {"title"}, "b": set(), "blockquote": {"cite"},
    "cite": set(), "code": set(), "del": {"datetime"}, "em": set(), "i": set(), "q": {"cite"}, "strike": set(),
    "strong": set(),
}  # fmt: skip

# Well-known forms of script injection, written out from the public cheat sheets of OWASP.
XSS = [
    "<script>alert(1)</script>", "<SCRIPT SRC=//evil.example/x.js></SCRIPT>", "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>", "<img src=`javascript:alert(1)`>", '<IMG """><SCRIPT>alert(1)</SCRIPT>">',
    "<svg/onload=alert(1)>", "<svg><script>alert(1)</script></svg>", "<svg><a xlink:href=javascript:alert(1)>x</a></svg>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<body onload=alert(1)>", "<iframe src=javascript:alert(1)></iframe>", "<iframe srcdoc='<script>alert(1)</script>'>",
    "<a href=javascript:alert(1)>x</a>", "<a href='JaVaScRiPt:alert(1)'>x</a>", "<a href='java\tscript:alert(1)'>x</a>",
    "<a href='java&#x0A;script:alert(1)'>x</a>", "<a href='&#106;avascript:alert(1)'>x</a>", "<a href=' \x01javascript:alert(1)'>x</a>",
    "<a href='vbscript:msgbox(1)'>x</a>", "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<a href='//evil.example/'>x</a>", "<a href='/logout'>x</a>", "<a href='https://e.example' onclick=alert(1)>x</a>",
    "<a href='https://e.example' target=_blank style='position:fixed'>x</a>", "<q cite='javascript:alert(1)'>x</q>",
    "<blockquote cite='data:text/html,x'>x</blockquote>", "<b title=x lang=fr style=color:red onmouseover=alert(1) id=y class=z>x</b>",
    "<style>@import'//evil.example'</style>", "<link rel=stylesheet href=//evil.example>", "<meta http-equiv=refresh content=0>",
    "<base href=//evil.example>", "<form action=//evil.example><input name=p></form>", "<object data=x></object>", "<embed src=x>",
    "<template><script>alert(1)</script></template>", "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<!--<img src='--><img src=x onerror=alert(1)//'>", "<![CDATA[<script>alert(1)</script>]]>", "<?php alert(1) ?>",
    "<details open ontoggle=alert(1)>", "<video><source onerror=alert(1)></video>", "<marquee onstart=alert(1)>",
    "<xss style='behavior:url(x)'>", "<b/onclick=alert(1)>x", "<del datetime='x' onclick=alert(1)>x</del>", "\x00<script\x00>alert(1)</script>",
    "<a href=\"https://e.example/\"onclick=\"alert(1)\">x</a>", "<textarea><script>alert(1)</script></textarea>",
]  # fmt: skip


class _Judge(HTMLParser):
    """Reads markup again as another parser would, and refuses whatever the form does not allow."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in KEPT, tag
        for name, value in attrs:
            assert name in KEPT[tag], (tag, name)
            if name in ("href", "cite"):
                assert (value or "").lower().startswith(("http:", "https:", "mailto:")), value
        if tag == "a":
            assert dict(attrs)["rel"] == "noopener nofollow"

    def handle_comment(self, data: str) -> None:
        pytest.fail(f"a comment stays: {data}")

    def handle_decl(self, decl: str) -> None:
        pytest.fail(f"a declaration stays: {decl}")

    handle_pi = unknown_decl = handle_decl


def judge(markup: str) -> None:
    judge = _Judge()
    judge.feed(markup)
    judge.close()


@pytest.mark.parametrize("attack", XSS)
def test_nothing_that_runs_stays(attack: str) -> None:
    judge(clean(attack))
    judge(clean(f"<blockquote><b>{attack}</b></blockquote>"))


@given(st.lists(st.sampled_from([*XSS, *"<>\"'&=/ ", "<a href=", "<q cite='", "</", "<!--", "-->", "x"])).map("".join))
def test_no_mixture_of_attacks_stays(markup: str) -> None:
    judge(clean(markup))


@given(st.text())
def test_cleaning_twice_is_cleaning_once(markup: str) -> None:
    assert clean(clean(markup)) == clean(markup)


def test_the_thirteen_elements_stay_as_they_are() -> None:
    markup = (
        '<abbr title="t">a</abbr><acronym title="t">a</acronym><b>b</b><blockquote cite="https://e.example/">c</blockquote>'
        '<cite>d</cite><code>e</code><del datetime="2026-11-25">f</del><em>g</em><i>h</i><q cite="http://e.example/">j</q>'
        "<strike>k</strike><strong>l</strong>"
    )
    assert clean(markup) == markup


def test_link_is_kept_and_marked() -> None:
    for url in ("https://e.example/a?b=c", "mailto:a@e.example"):
        got = clean(f'<a href="{url}" title="t" rel="author">x</a>')
        assert f'href="{url}"' in got
        assert 'title="t"' in got
        judge(got)


def test_words_of_an_element_that_goes_stay() -> None:
    assert clean("<p>Bonjour <u>à tous</u></p>") == "Bonjour à tous"


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>Un</p><p>deux<br>trois</p>", "Un\n\ndeux\ntrois"),
        ('<p><span>@</span><a href="https://e.example">karim</a>, merci&nbsp;!</p>', "@karim, merci !"),
        ("<html><head><title>T</title></head><body>B</body></html>", "B"),
        ("<html><head><title>T</title><body>B", "B"),
        ("a<script>b</script>c<style>d</style>", "ac"),
        ("<ul><li>un</li><li>deux</li></ul>", "un\n\ndeux"),
        ("&amp;lt;b&amp;gt; et 1 &lt; 2", "&lt;b&gt; et 1 < 2"),
        ("", ""),
    ],
)
def test_text_of_markup(markup: str, text: str) -> None:
    assert to_text(markup) == text


@given(st.text(alphabet="abcé <>&;/!-\"'\n"))
def test_any_markup_reads_as_text(markup: str) -> None:
    assert "\n\n\n" not in to_text(markup)
