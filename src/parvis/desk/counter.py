"""« Entendu au comptoir »: a note in two taps, kept on the phone without a network and sent later, once."""

import json
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from parvis.channels.models import Channel
from parvis.desk.member import for_members
from parvis.firm.models import Firm, Member
from parvis.intake.store import store
from parvis.wire import errors
from parvis.wire.registry import get_network


def get_counter(firm: Firm) -> Channel:
    """The firm's counter, made the first time that it is needed."""
    channel, _made = Channel.objects.get_or_create(
        firm=firm,
        network="counter",
        native_id="counter",
        defaults={"label": _("At the counter"), "abilities": ["notes"]},
    )
    return channel


def read_key(given: str) -> str:
    """The key that the phone gave the note, or a new one."""
    try:
        return str(UUID(given))
    except ValueError:
        return str(uuid4())


@require_http_methods(["GET", "POST"])
@for_members
def counter(request: HttpRequest, member: Member) -> HttpResponse:
    if request.method != "POST":
        return render(request, "counter.html", {"place": "counter", "saved": False, "op_key": str(uuid4())})
    body = {
        "id": read_key(request.POST.get("op_key", "")),
        "text": request.POST.get("text", ""),
        "who": request.POST.get("name", ""),
        "said_at": timezone.now().isoformat(),
    }
    network = get_network("counter")
    try:
        batch = network.receive(json.dumps(body).encode(), {})
    except errors.Rejected:
        messages.error(request, _("Write a word first."))
        return redirect("counter")
    store(get_counter(member.firm), batch.items, network.policy, now=timezone.now())
    if request.headers.get("X-Live"):
        return HttpResponse(status=204)
    messages.success(request, _("Noted. It is in the box."))
    return redirect("counter")
