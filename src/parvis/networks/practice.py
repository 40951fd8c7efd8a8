"""Practice: recorded messages that come by the real intake, answers that go nowhere. Nothing here reaches a network."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import Any

from parvis.wire import errors
from parvis.wire.contract import (
    Access,
    Author,
    Batch,
    Connected,
    Consent,
    Incoming,
    Limits,
    Measure,
    Outgoing,
    Policy,
    Receipt,
)


@cache
def read_recordings() -> dict[str, list[dict[str, Any]]]:
    recordings: dict[str, list[dict[str, Any]]] = json.loads(
        files("parvis.networks").joinpath("recordings/practice.json").read_text("utf-8")
    )
    return recordings


class Practice:
    """The network contract over recordings; `Access.native_id` names which."""

    name = "practice"
    label = "Exercice"
    abilities = frozenset({"mentions", "replies", "messages", "articles", "reply", "delete", "poll"})
    limits = Limits(unit="character", max_length=500)
    policy = Policy(may_export=True)
    fields = ()
    tested_live = True

    def consent(self, form: Mapping[str, str], *, return_to: str) -> Consent | None:
        return None

    def connect(self, form: Mapping[str, str]) -> Connected:
        name = form.get("name", "practice-bluesky")
        abilities = self.abilities if name != "practice-feeds" else frozenset({"articles", "poll"})
        return Connected(
            host="", native_id=name, handle="cyclesligerien", label="@cyclesligerien", secret={"practice": name},
            abilities=abilities, limits=self.limits,
        )  # fmt: skip

    def fetch(self, access: Access, cursor: str) -> Batch:
        """The whole recording once, told as if it came in the last hours."""
        if cursor:
            return Batch(cursor=cursor, next_in_s=3600)
        now = datetime.now(UTC)
        items = tuple(self._read(told, now) for told in read_recordings().get(access.native_id, []))
        return Batch(items=items, cursor="told", next_in_s=3600)

    def _read(self, told: Mapping[str, Any], now: datetime) -> Incoming:
        handle, name = told["who"]
        return Incoming(
            native_id=told["id"],
            kind=told["kind"],
            version="1",
            reply_ref={"id": told["id"]},
            author=Author(native_id=handle, handle=handle, name=name),
            title=told.get("title", ""),
            text=told["text"],
            lang="fr",
            audience=told.get("audience", "public"),
            created_at=now - timedelta(minutes=told["ago"]),
            reason="practice",
        )

    def stream(self, access: Access, cursor: str) -> Iterator[Batch]:
        raise errors.NotAble("practice is polled")

    def receive(self, body: bytes, headers: Mapping[str, str]) -> Batch:
        raise errors.NotAble("practice receives nothing")

    def measure(self, text: str, limits: Limits) -> Measure:
        return Measure(len(text), limits.max_length, len(text.encode()), limits.max_bytes)

    def send(self, access: Access, outgoing: Outgoing) -> Receipt:
        return Receipt(native_id=f"practice:{outgoing.op_key}")

    def delete(self, access: Access, native_id: str) -> None:
        return None

    def fetch_state(self, access: Access, outgoing: Outgoing) -> Receipt | None:
        return None
