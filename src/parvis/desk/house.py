"""The house's own settings: opening and quiet hours, what is kept and how long, the practice firm; and its health."""

from datetime import time
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from parvis import __version__
from parvis.channels.models import Channel
from parvis.desk.lines import NETWORK_LABELS
from parvis.desk.member import for_members, for_owners
from parvis.firm.hours import BadHours, check_hours
from parvis.firm.models import Firm, Member, Office
from parvis.flow.models import Beat
from parvis.wire.registry import get_network, list_names


def show_hours(office: Office) -> list[dict[str, Any]]:
    rows = []
    for day, label in WEEKDAYS.items():
        pairs = [*office.hours.get(str(day), []), ["", ""], ["", ""]]
        rows.append(
            {
                "day": day,
                "label": label,
                "opens": pairs[0][0],
                "closes": pairs[0][1],
                "opens2": pairs[1][0],
                "closes2": pairs[1][1],
                "closed": not office.hours.get(str(day)),
            }
        )
    return rows


def read_hours(request: HttpRequest) -> dict[str, list[list[str]]]:
    """The hours of the form; raises `BadHours`."""
    hours: dict[str, list[list[str]]] = {}
    for day in range(7):
        if f"closed_{day}" in request.POST:
            continue
        pairs = [[request.POST.get(f"opens{n}_{day}", ""), request.POST.get(f"closes{n}_{day}", "")] for n in ("", "2")]
        kept = [pair for pair in pairs if any(pair)]
        if kept:
            hours[str(day)] = kept
    check_hours(hours)
    return hours


def read_time(text: str) -> time | None:
    try:
        return time.fromisoformat(text)
    except ValueError:
        return None


def get_office(member: Member) -> Office:
    return member.office or member.firm.offices.order_by("id")[0]


def keep_hours(request: HttpRequest, office: Office) -> bool:
    try:
        office.hours = read_hours(request)
    except BadHours:
        messages.error(request, _("These hours do not follow one another. Nothing was changed."))
        return False
    office.quiet_from = read_time(request.POST.get("quiet_from", ""))
    office.quiet_to = read_time(request.POST.get("quiet_to", ""))
    office.save(update_fields=["hours", "quiet_from", "quiet_to"])
    return True


def house_context(member: Member) -> dict[str, Any]:
    office = get_office(member)
    return {
        "place": "settings",
        "hours_rows": show_hours(office),
        "quiet_from": office.quiet_from.strftime("%H:%M") if office.quiet_from else "",
        "quiet_to": office.quiet_to.strftime("%H:%M") if office.quiet_to else "",
        "errors": {},
        "values": {},
        "notice_url": settings.PUBLIC_URL + reverse("notice", args=[member.firm.slug]),
        "notice_published": member.firm.may_listen,
        "is_owner": member.is_owner,
        "sources": [{"label": NETWORK_LABELS.get(name, name), "words": say_keeping(name)} for name in list_names()],
        "language": member.user.language,
    }


def say_keeping(name: str) -> str:
    days = get_network(name).policy.max_days
    return (
        _("kept %(n)d days") % {"n": days}
        if days
        else _("three years after the person's last word; erased when they erase")
    )


@require_GET
@for_members
def house(request: HttpRequest, member: Member) -> HttpResponse:
    return render(request, "settings.html", house_context(member))


@require_POST
@for_owners
def hours(request: HttpRequest, member: Member) -> HttpResponse:
    if keep_hours(request, get_office(member)):
        messages.success(request, _("Nobody will be disturbed outside these hours."))
    return redirect("settings")


@require_http_methods(["GET", "POST"])
@for_owners
def setup_hours(request: HttpRequest, member: Member) -> HttpResponse:
    """The fourth step of the first day."""
    if request.method == "POST" and keep_hours(request, get_office(member)):
        return redirect("notice_edit")
    return render(request, "setup/hours.html", {**house_context(member), "step": 4, "steps": 5, "back_url": ""})


@require_GET
def healthz(request: HttpRequest) -> JsonResponse:
    """Whether it works, for machines: no name of a firm, no secret."""
    last = Beat.objects.order_by("-at").first()
    states = list(Channel.objects.order_by("id").values("id", "network", "state", "last_ok_at"))
    return JsonResponse(
        {
            "version": __version__,
            "database": {"vendor": connection.vendor, "firms": Firm.objects.count()},
            "worker": {"last_beat": last.at if last else None},
            "channels": states,
        }
    )
