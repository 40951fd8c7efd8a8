"""What every network must offer, and the frozen values that cross the line.

A network translates between its own API and these values. It sees no model, no setting, no queue.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol, runtime_checkable

Audience = Literal["public", "unlisted", "private", "internal"]
Kind = Literal["mention", "comment", "reply", "review", "message", "link", "post", "article", "note"]
State = Literal["live", "edited", "deleted", "hidden"]
Ability = Literal[
    "mentions",
    "replies",
    "messages",
    "articles",
    "links",
    "notes",
    "reply",
    "publish",
    "delete",
    "media",
    "poll",
    "stream",
    "push",
]


@dataclass(frozen=True, slots=True)
class Access:
    """An opened secret, passed per call and never kept: the account's address on its network."""

    host: str
    native_id: str
    handle: str
    secret: Mapping[str, str] = field(repr=False, default_factory=dict)


@dataclass(frozen=True, slots=True)
class Policy:
    """What the law and the network's terms let us do with what this network brings."""

    may_store_text: bool = True
    max_days: int | None = None
    may_link_person: bool = True
    may_export: bool = True
    may_use_for_hiring: bool = False
    must_recheck: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a text may be. `unit` says what `max_length` counts; `max_bytes` is UTF-8."""

    unit: Literal["character", "grapheme"] = "character"
    max_length: int | None = None
    max_bytes: int | None = None
    url_length: int | None = None
    local_handle_only: bool = False
    max_media: int = 0
    max_media_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Measure:
    """A text held against the limits, in the network's own unit."""

    length: int
    max_length: int | None
    bytes: int
    max_bytes: int | None

    @property
    def fits(self) -> bool:
        return (self.max_length is None or self.length <= self.max_length) and (
            self.max_bytes is None or self.bytes <= self.max_bytes
        )


@dataclass(frozen=True, slots=True)
class Author:
    """Who speaks, as the network names them. `native_id` is stable, `handle` may change."""

    native_id: str
    handle: str = ""
    name: str = ""
    url: str = ""
    is_bot: bool = False


@dataclass(frozen=True, slots=True)
class Incoming:
    """One item heard, the same whichever way it came (poll, stream, push).

    Key: (account, native_id); `version` orders edits (any string that grows or differs).
    `root_ref` and `parent_ref` are native ids; `reply_ref` is what `send` needs to answer it (JSON values).
    A deletion carries native_id, state "deleted" and nothing of the text or author.
    """

    native_id: str
    kind: Kind
    state: State = "live"
    version: str = ""
    native_url: str = ""
    root_ref: str = ""
    parent_ref: str = ""
    reply_ref: Mapping[str, Any] = field(default_factory=dict)
    author: Author | None = None
    title: str = ""
    text: str = ""
    html: str = ""
    lang: str = ""
    audience: Audience = "public"
    created_at: datetime | None = None
    media: tuple[Mapping[str, str], ...] = ()
    links: tuple[str, ...] = ()
    reason: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Batch:
    """What one fetch brought: the items and where to go on from. Storing both is one transaction."""

    items: tuple[Incoming, ...] = ()
    cursor: str = ""
    next_in_s: float | None = None
    moved_to: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Media:
    """A picture to send; `alt` is what somebody who cannot see it is told."""

    content: bytes = field(repr=False)
    mime: str = "image/jpeg"
    alt: str = ""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One text to send. `op_key` (a UUID) is stored before the first byte leaves; the native key derives from it.

    `reply_ref` is the `reply_ref` of the Incoming answered, empty for a post. `written_at` is fixed with the key,
    so that sending twice builds the same bytes.
    """

    op_key: str
    text: str
    written_at: datetime
    reply_ref: Mapping[str, Any] = field(default_factory=dict)
    audience: Audience = "public"
    lang: str = "fr"
    media: tuple[Media, ...] = ()


@dataclass(frozen=True, slots=True)
class Receipt:
    """The network has it: its id there, its address for a reader, its version."""

    native_id: str
    native_url: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class Connected:
    """An account proved to be ours: what a Channel row keeps, with the secret to seal."""

    host: str
    native_id: str
    handle: str
    label: str
    secret: Mapping[str, str] = field(repr=False, default_factory=dict)
    abilities: frozenset[str] = frozenset()
    limits: Limits = Limits()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Consent:
    """Where to send a person who must say yes on the network, and what to keep until they come back.

    `keep` is sealed like a secret and handed back to `connect` with what the network returned.
    """

    url: str
    keep: Mapping[str, str] = field(repr=False, default_factory=dict)


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the form that links an account: name, kind of input, words are the desk's."""

    name: str
    secret: bool = False
    example: str = ""


class Network(Protocol):
    """One network. Methods raise the errors of `wire.errors` and nothing else on a network's account.

    A method whose ability the network lacks raises `errors.NotAble`.
    """

    name: str
    label: str
    abilities: frozenset[str]
    limits: Limits
    policy: Policy
    fields: tuple[Field, ...]
    tested_live: bool

    def consent(self, form: Mapping[str, str], *, return_to: str) -> Consent | None:
        """Start the linking where the network wants a person's yes on its own page; None where it does not."""
        ...

    def connect(self, form: Mapping[str, str]) -> Connected:
        """Prove the account and return what to keep. `form` holds `fields`, and for a consent `keep` + the answer."""
        ...

    def fetch(self, access: Access, cursor: str) -> Batch:
        """Read what is new since `cursor` ("" at first)."""
        ...

    def stream(self, access: Access, cursor: str) -> Iterator[Batch]:
        """Yield batches as they come; ends by an error of `wire.errors` or by closing."""
        ...

    def receive(self, body: bytes, headers: Mapping[str, str]) -> Batch:
        """Read what the network pushed."""
        ...

    def measure(self, text: str, limits: Limits) -> Measure:
        """Count a text as the network does."""
        ...

    def send(self, access: Access, outgoing: Outgoing) -> Receipt:
        """Send once. Calling twice with one `op_key` shows one text."""
        ...

    def delete(self, access: Access, native_id: str) -> None:
        """Take back what we sent; twice is no error."""
        ...

    def fetch_state(self, access: Access, outgoing: Outgoing) -> Receipt | None:
        """Look whether `outgoing` is on the network: its receipt, or None when it surely is not."""
        ...


@runtime_checkable
class Rechecks(Protocol):
    """A network whose policy says `must_recheck` looks again at posts that are kept."""

    def recheck(self, access: Access, native_ids: tuple[str, ...]) -> tuple[Incoming, ...]:
        """Tombstones for those that their authors have taken back since."""
        ...
