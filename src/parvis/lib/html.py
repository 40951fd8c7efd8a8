"""Cleans markup from outside: the thirteen elements of a comment form, nothing that runs; and its plain text."""

import re
from html.parser import HTMLParser
from urllib.parse import urlsplit

import nh3

_ATTRIBUTES: dict[str, set[str]] = {
    "a": {"href", "title"},
    "abbr": {"title"},
    "acronym": {"title"},
    "blockquote": {"cite"},
    "del": {"datetime"},
    "q": {"cite"},
}
_ELEMENTS = {
    "a", "abbr", "acronym", "b", "blockquote", "cite", "code", "del", "em", "i", "q", "strike", "strong",
}  # fmt: skip
_SCHEMES = {"http", "https", "mailto"}
_BLOCKS = {
    "p", "br", "div", "li", "ul", "ol", "tr", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "article", "section",
}  # fmt: skip
_SILENT = {"script", "style", "template", "noscript", "head", "svg", "math", "iframe", "object"}


def _keep(tag: str, attribute: str, value: str) -> str | None:
    if attribute == "rel" and tag == "a":
        return value
    if attribute not in _ATTRIBUTES.get(tag, set()):
        return None
    if attribute in ("href", "cite"):
        return value if is_safe_link(value) else None
    return value


def is_safe_link(url: str) -> bool:
    """Whether a link is an absolute http, https or mailto address."""
    try:
        return urlsplit(re.sub(r"[\x00-\x20]", "", url)).scheme.lower() in _SCHEMES
    except ValueError:
        return False


def clean(html: str) -> str:
    """Markup of the thirteen elements alone; whatever else is dropped, its text kept, scripts with their content."""
    return nh3.clean(
        html,
        tags=_ELEMENTS,
        clean_content_tags={"script", "style", "template"},
        attributes=_ATTRIBUTES,
        attribute_filter=_keep,
        url_schemes=_SCHEMES,
        link_rel="noopener nofollow",
        generic_attribute_prefixes=set(),
        strip_comments=True,
    )


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "body":
            self._silent = 0
        if tag in _SILENT:
            self._silent += 1
        elif tag == "p" and self.parts:
            self.parts.append("\n\n")
        elif tag in _BLOCKS and self.parts:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT and self._silent:
            self._silent -= 1
        elif tag in _BLOCKS and tag != "br":
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.parts.append(re.sub(r"\s+", " ", data))


def to_text(html: str) -> str:
    """The words of markup, paragraphs parted by lines."""
    parser = _Text()
    parser.feed(html)
    parser.close()
    text = "".join(parser.parts).replace("\x00", "")
    text = re.sub(r"[ \t]*\n[ \t]*", "\n", text)
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]+", " ", text)).strip()
