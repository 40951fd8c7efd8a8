"""The team: who answers what, inviting a colleague, and one's own page to correct what is known of one."""

import qrcode
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from parvis.desk.lines import show_member
from parvis.desk.member import CHOSEN, for_members, for_owners
from parvis.desk.setup import read_lines
from parvis.firm.models import Member
from parvis.firm.people import invite, set_consent
from parvis.routing.assign import set_expertise
from parvis.routing.models import Expertise


@require_GET
@for_members
def team(request: HttpRequest, member: Member) -> HttpResponse:
    colleagues = member.firm.members.filter(left_at=None).prefetch_related("expertises").order_by("first_name", "id")
    rows = [
        {
            **show_member(m),
            "topics": [e.text for e in m.expertises.all() if e.kind == Expertise.Kind.TOPIC],
            "may_speak": m.may_speak,
            "is_owner": m.is_owner,
        }
        for m in colleagues
    ]
    return render(request, "desk/team.html", {"rows": rows})


def draw_qr(text: str) -> list[tuple[int, int]]:
    """The side of a QR code first, then its dark squares as (column, row)."""
    code = qrcode.QRCode(border=2)
    code.add_data(text)
    code.make()
    rows = code.get_matrix()
    return [(len(rows), 0), *((x, y) for y, row in enumerate(rows) for x, is_dark in enumerate(row) if is_dark)]


@require_POST
@for_owners
def invite_member(request: HttpRequest, member: Member) -> HttpResponse:
    """An invitation by link and QR code to print, shown once."""
    url = settings.PUBLIC_URL + reverse("join", args=[invite(member.firm, member, now=timezone.now())])
    return render(request, "setup/invitation.html", {"url": url, "qr": draw_qr(url)})


@require_http_methods(["GET", "POST"])
@for_members
def my_page(request: HttpRequest, member: Member) -> HttpResponse:
    """What Parvis knows of me: my subjects, what it learned, my consent; all of it mine to correct."""
    if request.method == "POST":
        topics, samples = (read_lines(request.POST.get(name, "")[:2000]) for name in ("topics", "samples"))
        set_expertise(member, topics=topics, samples=samples)
        member.first_name = request.POST.get("first_name", "").strip()[:60] or member.first_name
        member.trade = request.POST.get("trade", "").strip()[:60]
        member.save(update_fields=["first_name", "trade"])
        messages.success(request, _("Kept."))
        return redirect("my_page")
    mine = Expertise.objects.filter(member=member).order_by("id")
    context = {
        "topics": "\n".join(mine.filter(kind=Expertise.Kind.TOPIC).values_list("text", flat=True)),
        "samples": "\n".join(mine.filter(kind=Expertise.Kind.SAMPLE).values_list("text", flat=True)),
        "learned": mine.filter(kind=Expertise.Kind.EXAMPLE).order_by("-id")[:50],
    }
    return render(request, "desk/me.html", context)


@require_POST
@for_members
def my_consent(request: HttpRequest, member: Member) -> HttpResponse:
    set_consent(member, consents=request.POST.get("consents") == "1", now=timezone.now())
    messages.success(request, _("Kept, with today's date."))
    return redirect("my_page")


@require_POST
@for_members
def forget_example(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """Correct what was learned of me."""
    Expertise.objects.filter(member=member, pk=pk, kind=Expertise.Kind.EXAMPLE).delete()
    return redirect("my_page")


@require_POST
@for_members
def choose_firm(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """Go to another firm where I work."""
    if not Member.objects.filter(user_id=member.user_id, firm_id=pk, left_at=None).exists():
        raise Http404
    request.session[CHOSEN] = pk
    return redirect("home")
