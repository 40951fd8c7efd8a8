"""The views of the box: each a filter on the firm's conversations, paged by key, with a constant number of queries."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from parvis.conversations.models import Conversation
from parvis.firm.models import Firm, Member

VIEWS = ("mine", "free", "team", "waiting", "later", "closed")
PAGE = 50
_STATES = {
    "waiting": Conversation.State.WAITING,
    "later": Conversation.State.LATER,
    "closed": Conversation.State.CLOSED,
}


class UnknownView(LookupError):
    """The box has no view of that name."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a page of the box ends: the last line's time and id."""

    at: datetime
    pk: int

    def __str__(self) -> str:
        return f"{self.at.isoformat()}~{self.pk}"

    @classmethod
    def read(cls, text: str) -> "Mark | None":
        """The mark in a URL; None when it does not read."""
        at, _, pk = text.partition("~")
        try:
            when, key = datetime.fromisoformat(at), int(pk)
        except ValueError:
            return None
        return cls(when, key) if when.tzinfo is not None and 0 <= key < 2**63 else None


def list_view(firm: Firm, member: Member, view: str) -> QuerySet[Conversation]:
    """All conversations of a view, newest first."""
    if view not in VIEWS:
        raise UnknownView(view)
    own = Conversation.objects.filter(firm=firm)
    if view in _STATES:
        own = own.filter(state=_STATES[view])
    else:
        own = own.filter(state=Conversation.State.OPEN)
    if view == "mine":
        own = own.filter(holder=member)
    if view == "free":
        own = own.filter(holder=None)
    return own.order_by("-last_at", "-id")


def before(rows: QuerySet[Conversation], mark: Mark) -> QuerySet[Conversation]:
    """The lines after a mark; written so that both databases walk the index."""
    return rows.filter(last_at__lte=mark.at).filter(Q(last_at__lt=mark.at) | Q(pk__lt=mark.pk))


def read_page(
    rows: QuerySet[Conversation], mark: Mark | None, *, size: int = PAGE
) -> tuple[list[Conversation], Mark | None]:
    """One page and the mark of the next one, None at the end."""
    wanted = before(rows, mark) if mark else rows
    page = list(
        wanted.select_related("contact", "holder", "answered_by").prefetch_related("labels", "presences__member")[
            : size + 1
        ]
    )
    if len(page) <= size:
        return page, None
    last = page[size - 1]
    return page[:size], Mark(last.last_at, last.pk)


def count_views(firm: Firm, member: Member) -> dict[str, int]:
    """How many lines the three open views hold, counted no further than a hundred."""
    return {view: list_view(firm, member, view).order_by()[:100].count() for view in ("mine", "free", "team")}


NOT_A_PERSON = ("article", "link")


def count_people_waiting(firm: Firm) -> int:
    """How many people wait for an answer, counted no further than a hundred; an article waits for nobody."""
    waiting = Conversation.objects.filter(firm=firm, state=Conversation.State.OPEN).exclude(kind__in=NOT_A_PERSON)
    return waiting.order_by()[:100].count()
