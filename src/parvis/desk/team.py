"""The team: who is here and what each answers well, one's own subjects and consent, and inviting a colleague."""

from typing import Any

import qrcode
import qrcode.image.svg
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from parvis.desk.lines import show_member
from parvis.desk.member import CHOSEN, for_members, for_owners
from parvis.firm.models import Member
from parvis.firm.people import invite, set_consent
from parvis.routing.assign import set_expertise
from parvis.routing.models import Expertise

TOPICS, SAMPLES = 6, 2


def draw_qr(text: str) -> SafeString:
    """A QR code as an SVG drawing made of one path."""
    code = qrcode.make(text, image_factory=qrcode.image.svg.SvgPathFillImage, border=2)
    drawing: str = code.to_string(encoding="unicode")
    return mark_safe(drawing)  # the library's own drawing of an address of ours


def say_consent(member: Member) -> str:
    if member.may_speak and member.consented_at:
        day = formats.date_format(timezone.localtime(member.consented_at), "j F Y")
        return _("speaks under their name since %(day)s") % {"day": day}
    return _("does not speak under their name")


def team_context(member: Member) -> dict[str, Any]:
    rows = member.firm.members.filter(left_at=None).prefetch_related("expertises").order_by("first_name", "id")
    mine = Expertise.objects.filter(member=member).order_by("id")
    topics = [e.text for e in mine if e.kind == Expertise.Kind.TOPIC]
    samples = [e.text for e in mine if e.kind == Expertise.Kind.SAMPLE]
    return {
        "place": "team",
        "members": [
            {
                **show_member(m),
                "last_name": m.last_name,
                "role_words": _("opens and closes the house") if m.is_owner else "",
                "topics": [e.text for e in m.expertises.all() if e.kind == Expertise.Kind.TOPIC],
                "consent_words": say_consent(m),
                "is_you": m.pk == member.pk,
                "away_words": "",
            }
            for m in rows
        ],
        "invitations": [],
        "may_invite": member.is_owner,
        "me": {
            "topics": topics + [""] * (TOPICS - len(topics)),
            "samples": samples + [""] * (SAMPLES - len(samples)),
            "has_consent": member.may_speak,
            "consent_words": say_consent(member),
            "learned": [{"id": e.pk, "text": e.text} for e in mine if e.kind == Expertise.Kind.EXAMPLE][-20:],
        },
    }


@require_GET
@for_members
def team(request: HttpRequest, member: Member) -> HttpResponse:
    return render(request, "team.html", team_context(member))


@require_POST
@for_owners
def invite_member(request: HttpRequest, member: Member) -> HttpResponse:
    """An invitation by link and QR code to print, shown once."""
    url = settings.PUBLIC_URL + reverse("join", args=[invite(member.firm, member, now=timezone.now())])
    made = {
        "name": request.POST.get("first_name", "").strip()[:60],
        "url": url,
        "qr_svg": draw_qr(url),
        "expires_words": _("good for fourteen days"),
    }
    return render(request, "team.html", {**team_context(member), "invitations": [made]})


@require_POST
@for_members
def member_edit(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """One's own name and trade; nobody else's."""
    if pk != member.pk:
        raise Http404
    member.first_name = request.POST.get("first_name", "").strip()[:60] or member.first_name
    member.last_name = request.POST.get("last_name", member.last_name).strip()[:60]
    member.trade = request.POST.get("trade", "").strip()[:60]
    member.save(update_fields=["first_name", "last_name", "trade"])
    messages.success(request, _("Kept."))
    return redirect("team")


@require_POST
@for_members
def consent(request: HttpRequest, member: Member) -> HttpResponse:
    set_consent(member, consents=request.POST.get("yes") == "1", now=timezone.now())
    messages.success(request, _("Kept, with today's date."))
    return redirect("team")


@require_POST
@for_members
def topics(request: HttpRequest, member: Member) -> HttpResponse:
    set_expertise(member, topics=request.POST.getlist("topic"), samples=request.POST.getlist("sample"))
    messages.success(request, _("Kept."))
    return redirect("team")


@require_POST
@for_members
def forget_example(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    """Correct what was learned of me."""
    gone, _rows = Expertise.objects.filter(member=member, pk=pk, kind=Expertise.Kind.EXAMPLE).delete()
    if not gone:
        raise Http404
    return redirect("team")


@require_POST
@for_members
def switch_firm(request: HttpRequest, member: Member) -> HttpResponse:
    """Go to another firm where I work."""
    wanted = request.POST.get("firm", "")
    if not (wanted.isdecimal() and len(wanted) < 19):
        raise Http404
    if not Member.objects.filter(user_id=member.user_id, firm_id=int(wanted), left_at=None).exists():
        raise Http404
    request.session[CHOSEN] = int(wanted)
    return redirect("home")
