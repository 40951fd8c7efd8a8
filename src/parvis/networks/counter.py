"""What is said at the counter or on the telephone, noted by a member. No server, no request: a body in, an item out."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from uuid import UUID

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

MAX_NOTE = 4000


class Counter:
    """The network contract for notes; the phone's own key makes a note sent twice one note."""

    name = "counter"
    label = "Counter"
    abilities = frozenset({"notes", "push"})
    limits = Limits()
    policy = Policy()
    fields = ()
    tested_live = True

    def consent(self, form: Mapping[str, str], *, return_to: str) -> Consent | None:
        return None

    def connect(self, form: Mapping[str, str]) -> Connected:
        return Connected(host="", native_id="counter", handle="", label="Counter", abilities=self.abilities)

    def fetch(self, access: Access, cursor: str) -> Batch:
        raise errors.NotAble("notes are written, not fetched")

    def stream(self, access: Access, cursor: str) -> Iterator[Batch]:
        raise errors.NotAble("notes are written, not streamed")

    def receive(self, body: bytes, headers: Mapping[str, str]) -> Batch:
        """A note as JSON: id (a UUID), text, who (optional), said_at (ISO, aware)."""
        try:
            note = json.loads(body)
            key = str(UUID(note["id"]))
            text = str(note["text"]).strip()[:MAX_NOTE]
            said_at = datetime.fromisoformat(note["said_at"])
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise errors.Rejected("a note needs an id, a text and a time", code=type(error).__name__) from error
        if not text or said_at.tzinfo is None:
            raise errors.Rejected("a note needs words and an aware time")
        who = str(note.get("who") or "").strip()[:100]
        author = Author(native_id=f"counter:{who.casefold()}", name=who) if who else None
        item = Incoming(
            native_id=key, kind="note", version="1", author=author, text=text, audience="internal", created_at=said_at,
            reason="counter",
        )  # fmt: skip
        return Batch(items=(item,))

    def measure(self, text: str, limits: Limits) -> Measure:
        return Measure(len(text), None, len(text.encode()), None)

    def send(self, access: Access, outgoing: Outgoing) -> Receipt:
        raise errors.NotAble("one answers at the counter")

    def delete(self, access: Access, native_id: str) -> None:
        raise errors.NotAble("a note is erased in the desk")

    def fetch_state(self, access: Access, outgoing: Outgoing) -> Receipt | None:
        return None
