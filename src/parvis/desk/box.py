"""The box: its views, one conversation, its live line, search."""

from datetime import datetime
from typing import Any

from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from parvis.conversations import queries
from parvis.conversations.acts import be_present
from parvis.conversations.models import Change, Conversation, Message
from parvis.conversations.search import find_conversations
from parvis.conversations.thread import office_hours
from parvis.desk.lines import (
    KIND_LABELS,
    say_network,
    show_assignment,
    show_line,
    show_member,
    show_message,
    show_person,
)
from parvis.desk.member import for_members, get_conversation
from parvis.firm.models import Member
from parvis.firm.people import list_present
from parvis.flow.notice import bell
from parvis.replies.answer import find_asked, find_draft, measure, sign
from parvis.routing.models import Assignment

STREAM_S = 55.0
MAX_STREAMS = 40


def view_labels() -> dict[str, str]:
    return {
        "mine": _("For me"),
        "free": _("To take"),
        "team": _("The whole team"),
        "waiting": _("Waiting for them"),
        "later": _("Later"),
        "closed": _("Closed"),
    }


def say_headline(counts: dict[str, int]) -> str:
    """What is true now, as a neighbour would say it."""
    waiting = counts["team"]
    if waiting == 0:
        return _("Nobody is waiting for an answer")
    if waiting >= 100:
        return _("More than a hundred people are waiting for an answer")
    return ngettext("One person is waiting for an answer", "%(n)d people are waiting for an answer", waiting) % {
        "n": waiting
    }


def list_context(
    member: Member, view: str, request: HttpRequest, selected: int | None, now: datetime
) -> dict[str, Any]:
    """What the list shows: a page of a view, or what a search finds."""
    counts = queries.count_views(member.firm, member)
    try:
        rows = queries.list_view(member.firm, member, view)
    except queries.UnknownView as error:
        raise Http404 from error
    asked = request.GET.get("q", "").strip()[:200]
    following = None
    if asked:
        page = list(find_conversations(member.firm_id, asked))
    else:
        page, following = queries.read_page(rows, queries.Mark.read(request.GET.get("after", "")))
    hours = office_hours(member.firm)
    return {
        "view": view,
        "views": [
            {
                "name": name,
                "label": label,
                "count": counts.get(name),
                "is_on": name == view,
            }
            for name, label in view_labels().items()
        ],
        "headline": say_headline(counts),
        "lines": [
            {**show_line(row, member, view=view, hours=hours, now=now), "selected": row.pk == selected} for row in page
        ],
        "next_mark": str(following) if following else "",
        "asked": asked,
        "has_channels": member.firm.channels.exists(),
        "last_change": Change.objects.filter(firm=member.firm).order_by("-id").values_list("id", flat=True).first()
        or 0,
    }


@require_GET
@for_members
def home(request: HttpRequest, member: Member) -> HttpResponse:
    return redirect("box", view="mine" if member.firm.members.filter(left_at=None).count() > 1 else "team")


@require_GET
@for_members
def box(request: HttpRequest, member: Member, view: str) -> HttpResponse:
    """A view of the box; with `?q=` what a search finds instead."""
    context = list_context(member, view, request, None, timezone.now())
    template = "desk/_list.html" if request.headers.get("X-Part") == "list" else "desk/box.html"
    return render(request, template, context)


def thread_context(found: Conversation, member: Member, view: str, now: datetime) -> dict[str, Any]:
    """What the thread, the proposal, the composer and the person beside them show."""
    turns = list(
        found.messages.select_related("mention", "delivery", "member")
        .prefetch_related("mention__versions")
        .order_by("-at", "-id")[:100]
    )[::-1]
    shown = (
        found.assignments.filter(state__in=[Assignment.State.SHOWN, Assignment.State.HELD], place__gt=0)
        .select_related("member")
        .order_by("place", "id")
    )
    proposals = [show_assignment(a) for a in shown]
    draft = find_draft(found, member)
    asked = find_asked(found)
    channel = asked.channel if asked else found.channel
    return {
        "view": view,
        "conversation": found,
        "line": show_line(found, member, view=view, hours=office_hours(member.firm), now=now),
        "messages": [show_message(m, member, now=now) for m in turns],
        "opened_at": turns[-1].pk if turns else 0,
        "proposals": proposals,
        "nobody_obvious": not proposals and asked is not None,
        "colleagues": [show_member(m) for m in list_present(found.firm) if m.pk != member.pk],
        "holds_it": found.holder_id == member.pk,
        "person": show_person(found.contact, now=now) if found.contact else None,
        "draft": draft,
        "limits": channel.text_limits(),
        "measured": measure(channel, sign(draft, member)),
        "signature": member.signature,
        "may_speak": member.may_speak,
        "answerable": asked is not None and "reply" in channel.abilities and bool(channel.sealed_secret),
        "network_label": say_network(channel.network),
        "labels": [label.name for label in found.labels.all()],
        "kinds": [{"value": value, "label": words} for value, (words, _tone) in KIND_LABELS.items()],
    }


@require_GET
@for_members
def conversation(request: HttpRequest, member: Member, view: str, pk: int) -> HttpResponse:
    """One conversation beside its list; seeing it is recorded."""
    now = timezone.now()
    found = get_conversation(member, pk)
    Conversation.objects.filter(pk=pk, seen_at=None).update(seen_at=now)
    if request.headers.get("X-Part") == "thread":
        return render(request, "desk/_thread.html", thread_context(found, member, view, now))
    be_present(found, member, is_writing=False, now=now)
    context = list_context(member, view, request, pk, now)
    return render(request, "desk/conversation.html", {**context, **thread_context(found, member, view, now)})


@require_GET
@for_members
def original(request: HttpRequest, member: Member, message: int) -> HttpResponse:
    """The markup of a message as its author wrote it, cleaned at intake."""
    found = Message.objects.filter(firm=member.firm, pk=message).select_related("mention").first()
    if found is None or found.mention is None:
        raise Http404
    return render(request, "desk/original.html", {"html": found.mention.html, "message": found})


_streams = 0


def _list_changes(firm_id: int, since: int) -> tuple[int, list[int]]:
    rows = list(
        Change.objects.filter(firm_id=firm_id, pk__gt=since)
        .order_by("id")
        .values_list("pk", "conversation_id_seen")[:200]
    )
    return (rows[-1][0] if rows else since), sorted({conversation for _, conversation in rows})


@require_GET
@for_members
def live(request: HttpRequest, member: Member) -> HttpResponseBase:
    """Server-sent events: which lines changed. No database connection is held while nothing happens."""
    try:
        since = int(request.headers.get("Last-Event-ID") or request.GET.get("since", "0"))
    except ValueError:
        since = 0
    if _streams >= MAX_STREAMS:
        return HttpResponse(status=204)
    response = StreamingHttpResponse(_stream(member.firm_id, since), content_type="text/event-stream")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


def _stream(firm_id: int, since: int) -> Any:
    global _streams  # noqa: PLW0603  # how many streams this process holds; counted so that pages keep their threads
    _streams += 1
    rings = 0
    ends = timezone.now().timestamp() + STREAM_S
    try:
        yield "retry: 1000\n\n"
        while timezone.now().timestamp() < ends:
            since, changed = _list_changes(firm_id, since)
            connection.close()
            if changed:
                yield f"id: {since}\nevent: lines\ndata: {','.join(map(str, changed))}\n\n"
            else:
                yield ": still here\n\n"
            rings = bell.wait(rings, 10.0)
    finally:
        _streams -= 1
