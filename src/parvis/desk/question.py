"""One question, one answer, for a thumb: the page a member opens on a phone."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from parvis.conversations.acts import be_present
from parvis.desk.box import thread_context
from parvis.desk.member import for_members, get_conversation
from parvis.firm.models import Member


def question_context(member: Member, pk: int) -> dict[str, Any]:
    """The question, who asks, why you, what colleagues said."""
    context = thread_context(get_conversation(member, pk), member, "mine", timezone.now())
    mine = [p for p in context["proposals"] if p["id"] == member.pk]
    asked = [m for m in context["messages"] if m["way"] == "in" and not m["is_gone"]]
    return {
        **context,
        "asked": asked[-1] if asked else None,
        "why_me": mine[0]["reason"] if mine else "",
        "rather": next((p for p in context["proposals"] if p["id"] != member.pk), None),
        "notes": [m for m in context["messages"] if m["way"] == "note"][-2:],
        "last_out": [m for m in context["messages"] if m["way"] == "out"][-1:],
    }


@require_GET
@for_members
def question(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """The question; `?answer=1` is the second step."""
    be_present(get_conversation(member, pk), member, is_writing="answer" in request.GET, now=timezone.now())
    template = "desk/question_answer.html" if request.GET.get("answer") else "desk/question.html"
    return render(request, template, question_context(member, pk))
