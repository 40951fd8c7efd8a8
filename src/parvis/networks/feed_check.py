"""What would be heard from a feed, at an address or in a file: the facts behind `./parvis feed check`."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from parvis.networks.feeds import find_feed
from parvis.networks.read_feed import MAX_BYTES, FeedRead, read_feed
from parvis.wire import errors


def check_feed(address_or_file: str) -> dict[str, Any]:
    """`title`, `kind`, `items` and `error` (None when the feed reads). Raises nothing for a bad address or file."""
    if "://" not in address_or_file:
        path = Path(address_or_file)
        try:
            if path.is_file():
                with path.open("rb") as file:
                    return describe(read_feed(file.read(MAX_BYTES + 1), url="", content_type=""))
        except (OSError, ValueError) as error:
            return describe(FeedRead(error=f"the file cannot be opened: {error}"))
        if path.suffix in (".xml", ".rss", ".atom", ".json") or "/" in address_or_file[:2]:
            return describe(FeedRead(error="there is no such file"))
    try:
        return describe(find_feed(address_or_file, now=datetime.now(UTC))[1])
    except errors.NetworkError as error:
        return describe(FeedRead(error=error.detail or error.kind))


def describe(feed: FeedRead) -> dict[str, Any]:
    """A feed as JSON values; dates are ISO 8601 in UTC."""
    return {
        "title": feed.title,
        "kind": feed.kind,
        "items": [
            {
                "id": item.id,
                "title": item.title,
                "url": item.url,
                "summary": item.summary,
                "published": item.published.isoformat() if item.published else None,
            }
            for item in feed.items
        ],
        "error": feed.error or None,
    }
