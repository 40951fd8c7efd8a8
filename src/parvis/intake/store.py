"""Stores what a network brought: once, edits as versions, deletions as tombstones without text or author.

The result does not depend on the order or the number of times that items arrive.
"""

import dataclasses
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from parvis.channels.models import Channel
from parvis.intake.models import Mention, MentionVersion
from parvis.lib import html as markup
from parvis.lib.text import mask
from parvis.wire.contract import Incoming, Policy

_CHUNK = 50  # a transaction so short that whoever writes at the desk does not feel it
Kept = tuple[Incoming, dict[str, Any]]
_TOMBSTONE: dict[str, Any] = {
    "kind": "gone",
    "state": Mention.State.DELETED,
    "native_url": "",
    "root_ref": "",
    "parent_ref": "",
    "reply_ref": {},
    "author_is_bot": False,
    "lang": "",
    "audience": "public",
    "title": "",
    "text": "",
    "html": "",
    "masked": [],
    "author_id_there": "",
    "author_handle": "",
    "author_name": "",
    "author_url": "",
    "links": [],
    "media": [],
    "raw": {},
    "reason": "",
}


@dataclasses.dataclass(frozen=True, slots=True)
class Stored:
    """Ids of the rows that a batch made or changed."""

    new: tuple[int, ...] = ()
    changed: tuple[int, ...] = ()


def describe(item: Incoming, policy: Policy) -> dict[str, Any]:
    """The columns of an item as they may be kept: masked, cleaned, cut; pure."""
    if item.state == "deleted":
        return {"version": "", **_TOMBSTONE}
    author = item.author
    hidden = mask(item.text)
    return {
        "kind": item.kind,
        "state": Mention.State.HIDDEN if item.state == "hidden" else Mention.State.LIVE,
        "version": item.version[:200],
        "native_url": item.native_url[:1000],
        "root_ref": item.root_ref[:500],
        "parent_ref": item.parent_ref[:500],
        "reply_ref": dict(item.reply_ref),
        "author_id_there": author.native_id[:500] if author else "",
        "author_handle": author.handle[:300] if author else "",
        "author_name": author.name[:200] if author else "",
        "author_url": author.url[:1000] if author else "",
        "author_is_bot": author.is_bot if author else False,
        "title": mask(item.title).text[:500],
        "text": hidden.text if policy.may_store_text else "",
        "html": markup.clean(mask(item.html).text) if policy.may_store_text and item.html else "",
        "masked": sorted({kind for kind, _ in hidden.found}),
        "lang": item.lang[:12],
        "audience": item.audience,
        "reason": item.reason[:300],
        "links": list(item.links)[:50],
        "media": [dict(medium) for medium in item.media][:8],
        "raw": dict(item.raw) if not hidden.found else {},
    }


def supersedes(version: str, state: str, item: Incoming) -> bool:
    """Whether an item replaces the row that has this version and state: a deletion is final, versions only grow."""
    if state == Mention.State.DELETED:
        return False
    if item.state == "deleted":
        return True
    return item.version > version


def settle(items: Iterable[Kept]) -> list[Kept]:
    """One item a native id: the deletion if there is one, else the newest version."""
    best: dict[str, Kept] = {}
    for item, columns in items:
        known = best.get(item.native_id)
        if known is None or supersedes(known[0].version, known[0].state, item):
            best[item.native_id] = item, columns
    return list(best.values())


def store(channel: Channel, items: Sequence[Incoming], policy: Policy, *, now: datetime) -> Stored:
    """Store a batch in short transactions of a few rows; twice is no harm."""
    new: list[int] = []
    changed: list[int] = []
    every_version = list(items)
    for start in range(0, len(every_version), _CHUNK):
        described = [(item, describe(item, policy)) for item in every_version[start : start + _CHUNK]]
        made, moved = _store_chunk(channel, described, now=now)
        new += made
        changed += moved
    return Stored(tuple(new), tuple(changed))


@transaction.atomic
def _store_chunk(channel: Channel, described: Sequence[Kept], *, now: datetime) -> tuple[list[int], list[int]]:
    wanted = settle(described)
    ids = [item.native_id[:500] for item, _ in wanted]
    known = {row.native_id: row for row in Mention.objects.filter(channel=channel, native_id__in=ids)}
    rows = [
        Mention(
            firm_id=channel.firm_id,
            channel_id=channel.pk,
            network=channel.network,
            native_id=item.native_id[:500],
            created_at=item.created_at or now,
            received_at=now,
            **columns,
        )
        for item, columns in wanted
        if item.native_id[:500] not in known
    ]
    made = Mention.objects.bulk_create(rows)
    by_id = known | {row.native_id: row for row in made}
    kept = ((by_id[item.native_id[:500]], item, columns["text"]) for item, columns in described)
    _keep_versions(
        [
            (row.pk, item.version[:200], text)
            for row, item, text in kept
            if item.version and item.state != "deleted" and row.state != Mention.State.DELETED
        ],
        now=now,
    )
    return [row.pk for row in made], [
        row.pk for item, columns in wanted if (row := known.get(item.native_id[:500])) and _replace(row, item, columns)
    ]


def _keep_versions(versions: Sequence[tuple[int, str, str]], *, now: datetime) -> None:
    """Rows of mention, version and text; those known already stay as they are. Plain SQL: it runs under the lock."""
    seen_at = connection.ops.adapt_datetimefield_value(now)
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {MentionVersion._meta.db_table} (mention_id, version, text, seen_at)"  # noqa: S608  # our own table
            " VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
            [(pk, version, text, seen_at) for pk, version, text in versions],
        )


def _replace(row: Mention, item: Incoming, columns: dict[str, Any]) -> bool:
    if not supersedes(row.version, row.state, item):
        return False
    for name, value in columns.items():
        setattr(row, name, value)
    row.save(update_fields=list(columns))
    if row.state == Mention.State.DELETED:
        MentionVersion.objects.filter(mention=row).delete()
    return True
