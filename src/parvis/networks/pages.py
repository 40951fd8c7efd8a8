"""Reads a page of somebody else's: its tree, whatever its encoding, and the base of its links."""

import re
from typing import Final
from urllib.parse import urljoin

from lxml import etree, html

_CHARSET: Final = re.compile(rb"charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)


def decode_page(content: bytes, content_type: str) -> str:
    """The text of a page by its header's charset, else by its own word, else UTF-8."""
    for told in (_CHARSET.search(content_type.encode("latin-1", "replace")), _CHARSET.search(content[:2048])):
        if told is None:
            continue
        try:
            return content.decode(told.group(1).decode("ascii"), errors="replace")
        except (LookupError, ValueError):
            continue
    return content.decode("utf-8", errors="replace")


def read_page(content: bytes, content_type: str) -> etree._Element | None:
    """The tree of an HTML page; None when there is nothing in it."""
    text = decode_page(content, content_type).replace("\x00", "")
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=False)
    try:
        return html.document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None


def find_base(page: etree._Element, url: str) -> str:
    """What relative links of the page are completed by: `<base href>` if there is one, else its address."""
    for element in page.iter("base"):
        if element.get("href"):
            return join(url, element.get("href", ""))
    return url


def join(base: str, link: str) -> str:
    """A link made absolute; empty when it does not read."""
    try:
        return urljoin(base, link.strip())
    except ValueError:
        return ""
