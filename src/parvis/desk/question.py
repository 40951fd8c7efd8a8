"""One question, one answer, for a thumb: the page a member opens on a phone."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from parvis.conversations.acts import be_present
from parvis.desk.box import thread_context
from parvis.desk.lines import initials
from parvis.desk.member import for_members, get_conversation
from parvis.firm.models import Member


def question_context(request: HttpRequest, member: Member, pk: int) -> dict[str, Any]:
    """The question, who asks, why you, what colleagues said."""
    now = timezone.now()
    found = get_conversation(member, pk)
    if not request.headers.get("X-Live"):
        be_present(found, member, is_writing=False, now=now)
    context = thread_context(found, member, "mine", now)
    people = context["who"]["people"] if context["who"] else []
    mine = [p for p in people if p["id"] == member.pk]
    asked = [m for m in context["messages_shown"] if m["way"] == "in" and not m["is_gone"]]
    text = asked[-1]["text"] if asked else ""
    notes = [m for m in context["messages_shown"] if m["way"] == "note"][-2:]
    shown = context["conversation"]
    return {
        **context,
        "firm_initials": initials(member.firm.name),
        "first_name": member.first_name,
        "text": text,
        "quote": text,
        "about": " · ".join(str(part) for part in (shown["known"], shown["network_label"]) if part),
        "why": mine[0]["reason"] if mine else "",
        "notes": [{"first_name": n["author"]["first_name"] if n["author"] else "", "text": n["text"]} for n in notes],
        "other": next((p for p in people if p["id"] != member.pk), None),
        "starts": [],
    }


@require_GET
@for_members
def question(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    return render(request, "desk/question.html", question_context(request, member, pk))


@require_GET
@for_members
def answer(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    return render(request, "desk/answer.html", question_context(request, member, pk))
