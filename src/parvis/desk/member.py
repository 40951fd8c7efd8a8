"""Who is at the desk: the member of the chosen firm behind each request, and what every page knows of them."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone

from parvis.conversations.models import Conversation
from parvis.conversations.queries import count_people_waiting
from parvis.firm.models import Member
from parvis.outbox.models import Delivery

CHOSEN = "firm_id"
SENT = "sent"


class MemberMiddleware:
    """Sets `request.member`: the signed-in person's place in the firm they chose, or None."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.member = find_member(request)  # type: ignore[attr-defined]  # read through `get_member` only
        return self.get_response(request)


def find_member(request: HttpRequest) -> Member | None:
    if not request.user.is_authenticated:
        return None
    mine = (
        Member.objects.filter(user_id=request.user.pk, left_at=None)
        .select_related("firm", "user", "office")
        .order_by("id")
    )
    chosen = request.session.get(CHOSEN)
    return (mine.filter(firm_id=chosen).first() if chosen else None) or mine.first()


def get_member(request: HttpRequest) -> Member:
    member: Member | None = request.member  # type: ignore[attr-defined]  # set by the middleware
    if member is None:
        raise Http404
    return member


def for_members(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A view that only a member sees, given the member; others are sent to sign in."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        return view(request, get_member(request), *args, **kwargs)

    return guarded


def for_owners(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A view that only an owner sees; to other members it does not exist."""

    @wraps(view)
    def owned(request: HttpRequest, member: Member, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not member.is_owner:
            raise Http404
        return view(request, member, *args, **kwargs)

    return for_members(owned)


def for_templates(request: HttpRequest) -> dict[str, Any]:
    """What every page of the desk shows: the member, the firm, how many wait."""
    member: Member | None = getattr(request, "member", None)
    known: dict[str, Any] = {"member": member, "firm": member.firm if member else None}
    known["is_practice"] = bool(member and member.firm.is_practice) or settings.PRACTICE
    if member is not None:
        known["waiting_count"] = min(9, count_people_waiting(member.firm))
        known["undo"] = find_undo(request, member)
        known["firms"] = Member.objects.filter(user_id=member.user_id, left_at=None).select_related("firm")
    return known


def find_undo(request: HttpRequest, member: Member) -> dict[str, int] | None:
    """The answer this member has just pressed, while it may be taken back."""
    pk = request.session.get(SENT)
    if pk is None:
        return None
    held = Delivery.objects.filter(firm=member.firm, pk=pk, state=Delivery.State.HELD).first()
    left = round((held.due_at - timezone.now()).total_seconds()) if held else 0
    if held is None or left <= 0:
        del request.session[SENT]
        return None
    return {"delivery_id": held.pk, "seconds": left}


def get_conversation(member: Member, pk: int) -> Conversation:
    """A conversation of the member's own firm, or 404."""
    found = (
        Conversation.objects.filter(firm=member.firm, pk=pk)
        .select_related("contact", "channel", "holder", "answered_by", "firm")
        .prefetch_related("labels", "presences__member")
        .first()
    )
    if found is None:
        raise Http404
    return found
