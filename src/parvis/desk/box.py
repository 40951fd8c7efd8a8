"""The box: its views, one conversation, its live line, search."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from parvis.conversations import queries
from parvis.conversations.acts import be_present
from parvis.conversations.acts import list_present as list_watching
from parvis.conversations.clock import read_clock
from parvis.conversations.models import Change, Conversation, Label, Message
from parvis.conversations.search import find_conversations
from parvis.conversations.thread import office_hours
from parvis.desk.lines import (
    KIND_LABELS,
    say_minutes,
    say_network,
    say_when,
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
from parvis.replies.answer import find_asked, find_draft
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


def say_headline(waiting: int) -> str:
    """What is true now, as a neighbour would say it."""
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
        page, following = queries.read_page(rows, queries.Mark.read(request.GET.get("before", "")))
    hours = office_hours(member.firm)
    next_query = urlencode({"before": str(following)}) if following else ""
    return {
        "place": "box",
        "view": view,
        "views": [
            {
                "name": name,
                "label": label,
                "count": counts.get(name),
                "url": reverse("box", args=[name]),
                "on": name == view and not asked,
            }
            for name, label in view_labels().items()
        ],
        "title": say_found(asked, len(page)) if asked else say_headline(queries.count_people_waiting(member.firm)),
        "lines": [
            {**show_line(row, member, view=view, hours=hours, now=now), "selected": row.pk == selected} for row in page
        ],
        "next_url": f"{reverse('box', args=[view])}?{next_query}" if following else None,
        "q": asked,
        "empty": say_empty(member, view, asked),
        "kinds": [{"value": value, "label": words} for value, (words, _tone) in KIND_LABELS.items()],
    }


def say_found(asked: str, count: int) -> str:
    return ngettext("One conversation holds “%(q)s”", "%(n)d conversations hold “%(q)s”", count) % {
        "n": count,
        "q": asked,
    }


def say_empty(member: Member, view: str, asked: str) -> dict[str, str]:
    """One sentence and one act, never an apology."""
    if asked:
        return {"text": _("Nobody wrote that here."), "act_label": _("Back to the box"), "act_url": reverse("home")}
    if not member.firm.may_listen and member.is_owner:
        return {
            "text": _("Your public notice is ready to be read. Listening starts with it."),
            "act_label": _("Read the notice"),
            "act_url": reverse("notice_edit"),
        }
    if not member.firm.channels.exists():
        return {
            "text": _("Nothing is plugged in yet. Five minutes are enough for the first ear."),
            "act_label": _("Plug in a network"),
            "act_url": reverse("channels"),
        }
    if view == "mine":
        return {
            "text": _("Nothing waits for you."),
            "act_label": _("See what is to take"),
            "act_url": reverse("box", args=["free"]),
        }
    return {
        "text": _("Nobody is waiting today. What was said at the counter?"),
        "act_label": _("Note it"),
        "act_url": reverse("counter"),
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
    return render(request, "desk/box.html", {**context, "conversation": None})


def show_conversation(found: Conversation, member: Member, view: str, now: datetime) -> dict[str, Any]:
    line = show_line(found, member, view=view, hours=office_hours(member.firm), now=now)
    due = (
        found.answer_by
        if found.state == Conversation.State.OPEN and not line["answered"] and found.kind not in queries.NOT_A_PERSON
        else None
    )
    contact = found.contact
    return {
        **line,
        "state": found.state,
        "known": _("known since %(when)s") % {"when": formats.date_format(contact.known_since, "F Y")}
        if contact
        else "",
        "due_words": _("to answer before %(when)s") % {"when": say_when(due, now)} if due else "",
        "original_url": "",
        "question_url": reverse("question", args=[found.pk]),
        "next_url": "",
        "prev_url": "",
    }


def show_who(found: Conversation, member: Member) -> dict[str, Any] | None:
    """Who is best placed, with the reason; or that nobody is obvious."""
    if "reply" not in found.channel.abilities and found.network != "counter":
        return None
    shown = list(
        found.assignments.filter(state__in=[Assignment.State.SHOWN, Assignment.State.HELD], place__gt=0)
        .select_related("member")
        .order_by("place", "id")
    )
    people = [show_assignment(a) for a in shown]
    return {
        "title": _("Who is best placed?") if people else _("Nobody obvious. Who would know?"),
        "reason": _("%(first_name)s: %(reason)s") % people[0] if people else "",
        "is_clear": bool(people),
        "people": people,
        "others": [show_member(m) for m in list_present(found.firm)],
    }


def show_composer(found: Conversation, member: Member, messages: list[Message]) -> dict[str, Any]:
    """The field, its counter and why it cannot be used when it cannot."""
    mention = find_asked(found)
    channel = mention.channel if mention else found.channel
    limits = channel.text_limits()
    cannot = ""
    if not member.may_speak:
        cannot = _("You have not agreed to speak under your name yet: see The team.")
    elif mention is None:
        cannot = _("There is nothing to answer there any more.")
    elif "reply" not in channel.abilities:
        cannot = _("One does not answer there; a note for colleagues stays possible.")
    elif not channel.sealed_secret:
        cannot = _("The account is unplugged. Plug it in again in Settings.")
    return {
        "text": find_draft(found, member),
        "max_length": limits.max_length,
        "unit": limits.unit,
        "max_bytes": limits.max_bytes,
        "url_length": limits.url_length,
        "signature": member.signature,
        **{key: show_member(member)[key] for key in ("first_name", "initials", "face")},
        "network_label": say_network(channel.network),
        "can_reply": not cannot,
        "cannot_words": cannot,
        "draft_url": reverse("draft", args=[found.pk]),
        "reply_url": reverse("reply", args=[found.pk]),
        "seen": messages[-1].pk if messages else 0,
        "warning": "",
        "errors": [],
        "goes_words": _("Leaves at once, in your name. Ten seconds to take it back."),
        "is_private": found.audience == "private",
    }


def show_circuit(found: Conversation, now: datetime) -> dict[str, Any] | None:
    """Where the time went, in opening hours."""
    if found.answer_by is None:
        return None
    clock = read_clock(
        office_hours(found.firm), found.firm.targets, found.kind, found.asked_at, found.answered_at or now
    )
    if found.answered_at is not None:
        return {"done": clock.percent, "now": 0, "words": _("answered in %(t)s") % {"t": say_minutes(clock.waited)}}
    return {"done": 0, "now": clock.percent, "words": _("to write for %(t)s") % {"t": say_minutes(clock.waited)}}


def thread_context(found: Conversation, member: Member, view: str, now: datetime) -> dict[str, Any]:
    """What the thread, the proposal, the composer and the person beside them show."""
    messages = list(
        found.messages.select_related("mention", "delivery", "member")
        .prefetch_related("mention__versions")
        .order_by("-at", "-id")[:100]
    )[::-1]
    return {
        "conversation": show_conversation(found, member, view, now),
        "messages_shown": [show_message(m, member, now=now) for m in messages],
        "who": show_who(found, member),
        "viewers": [
            {**show_member(p.member), "is_writing": p.is_writing} for p in list_watching(found, but=member, now=now)
        ],
        "composer": show_composer(found, member, messages),
        "circuit": show_circuit(found, now),
        "person": show_person(found.contact, now=now) if found.contact else None,
        "labels_known": list(
            Label.objects.filter(firm=member.firm).order_by("name").values_list("name", flat=True)[:50]
        ),
    }


@require_GET
@for_members
def conversation(request: HttpRequest, member: Member, view: str, pk: int) -> HttpResponse:
    """One conversation beside its list; seeing it is recorded."""
    now = timezone.now()
    found = get_conversation(member, pk)
    Conversation.objects.filter(pk=pk, seen_at=None).update(seen_at=now)
    if not request.headers.get("X-Live"):
        be_present(found, member, is_writing=False, now=now)
    context = list_context(member, view, request, pk, now)
    return render(request, "desk/box.html", {**context, **thread_context(found, member, view, now)})


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
