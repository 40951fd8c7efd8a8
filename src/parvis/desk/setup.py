"""The first day: the one-use link, one thing a step, until the house is open; and a colleague's arrival by invitation."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from parvis.desk.member import CHOSEN, for_members
from parvis.firm.models import Firm, Member, User
from parvis.firm.people import InvitationRefused, NewPerson, get_invitation, hash_token, join, open_firm
from parvis.routing.assign import set_expertise

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
SETUP = "setup"
STEPS = ("name", "trade", "owner")
JOIN_STEPS = ("charter", "account", "topics")


def _token_file() -> Path:
    return Path(settings.DATA) / "setup-token"


def check_setup_token(token: str) -> None:
    """404 unless this is the link that was printed, not used yet."""
    path = _token_file()
    if not path.exists() or not constant_time_compare(path.read_text(), hash_token(token)):
        raise Http404


def read_fields(request: HttpRequest, *names: str) -> dict[str, str]:
    return {name: request.POST.get(name, "").strip()[:200] for name in names}


def check_person(values: dict[str, str]) -> dict[str, str]:
    """What is wrong with a new person, a sentence a field."""
    errors: dict[str, str] = {}
    if not values["first_name"]:
        errors["first_name"] = _("Your first name signs your answers: write it.")
    try:
        validate_email(values["email"])
    except ValidationError:
        errors["email"] = _("This e-mail does not read. It looks like name@house.fr.")
    try:
        validate_password(values["password"], User(email=values["email"]))
    except ValidationError as error:
        errors["password"] = " ".join(error.messages)
    return errors


@require_http_methods(["GET", "POST"])
def setup(request: HttpRequest, token: str) -> HttpResponse:
    """« Comment s'appelle votre maison ? » and what follows; the link dies when the owner is there."""
    check_setup_token(token)
    step = request.GET.get("step", "name")
    if step not in STEPS:
        raise Http404
    kept: dict[str, str] = request.session.get(SETUP, {})
    errors: dict[str, str] = {}
    values = dict(kept)
    if request.method == "POST":
        wanted = {
            "name": ("name",),
            "trade": ("trade", "commune"),
            "owner": ("first_name", "trade_words", "email", "password"),
        }
        values |= read_fields(request, *wanted[step])
        if step == "name" and not values["name"]:
            errors["name"] = _("Write the name on your shop sign.")
        if step == "owner":
            errors = check_person(values)
        if not errors and step == "owner":
            return _open_house(request, values)
        if not errors:
            request.session[SETUP] = {k: v for k, v in values.items() if k != "password"}
            return redirect(f"{request.path}?step={STEPS[STEPS.index(step) + 1]}")
    number = STEPS.index(step)
    context = {
        "step": number + 1,
        "steps": 5,
        "values": values,
        "errors": errors,
        "back_url": f"{request.path}?step={STEPS[number - 1]}" if number else "",
    }
    return render(request, f"setup/{step}.html", context, status=422 if errors else 200)


def _open_house(request: HttpRequest, values: dict[str, str]) -> HttpResponse:
    person = NewPerson(
        values["email"], values["password"], values["first_name"][:60], values.get("trade_words", "")[:60]
    )
    if User.objects.filter(email=values["email"].lower()).exists():
        raise Http404
    member = open_firm(
        values.get("name") or _("My house"),
        owner=person,
        trade=values.get("trade", ""),
        commune=values.get("commune", ""),
        now=timezone.now(),
    )
    _token_file().unlink(missing_ok=True)
    request.session.pop(SETUP, None)
    _come_in(request, member)
    return redirect("setup_hours")


def _come_in(request: HttpRequest, member: Member) -> None:
    login(request, member.user, backend=BACKEND)
    request.session[CHOSEN] = member.firm_id


def charter_points(firm: Firm) -> list[str]:
    """Rights and advice, not duties."""
    return [
        _("You answer in your own first name, on what you know, when you want to. Saying “not me” needs no reason."),
        _("Nobody validates your answers. You may ask a colleague for a second look."),
        _("What is said between colleagues stays here. What a customer tells in private stays private."),
        _("Nobody disturbs you outside your hours. Nothing measures you, no table compares people."),
        _("You see what %(firm)s knows of you here, correct it, and take your consent back when you like.")
        % {"firm": firm.name},
    ]


@require_http_methods(["GET", "POST"])
def join_firm(request: HttpRequest, token: str) -> HttpResponse:
    """Come in by an invitation: the charter, an account, what one answers well."""
    try:
        invitation = get_invitation(token, now=timezone.now())
    except InvitationRefused as error:
        raise Http404 from error
    firm = invitation.firm
    kept: dict[str, Any] = request.session.get("joining", {})
    step = request.GET.get("step", "charter")
    if step not in ("charter", "account") or (step == "account" and not kept.get("agreed")):
        step = "charter"
    errors: dict[str, str] = {}
    values: dict[str, str] = {}
    if request.method == "POST" and step == "charter":
        if "agree" in request.POST:
            request.session["joining"] = {"agreed": True, "consents": "consent" in request.POST}
            return redirect(f"{request.path}?step=account")
        errors["agree"] = _("Read the charter, then say so.")
    elif request.method == "POST":
        values = read_fields(request, "first_name", "last_name", "trade", "email", "password")
        errors = check_person(values)
        if not errors:
            person = NewPerson(values["email"], values["password"], values["first_name"][:60], values["trade"][:60])
            try:
                member = join(invitation, person, consents=bool(kept.get("consents")), now=timezone.now())
            except InvitationRefused:
                errors["password"] = _("This e-mail is known here with another password.")
            else:
                request.session.pop("joining", None)
                _come_in(request, member)
                return redirect("join_topics")
    context = {
        "firm": firm,
        "invitation": {"first_name": "", "trade": ""},
        "step": step,
        "charter": {"points": charter_points(firm)},
        "values": values,
        "errors": errors,
    }
    return render(request, "join.html", context, status=422 if errors else 200)


@require_http_methods(["GET", "POST"])
@for_members
def join_topics(request: HttpRequest, member: Member) -> HttpResponse:
    """Three to six subjects and two questions that one likes answering."""
    if request.method == "POST":
        set_expertise(member, topics=request.POST.getlist("topic"), samples=request.POST.getlist("sample"))
        return redirect("home")
    return render(
        request,
        "join.html",
        {
            "step": "topics",
            "values": {},
            "errors": {},
            "invitation": {"first_name": member.first_name, "trade": member.trade},
        },
    )


def find_setup_url(token: str) -> str:
    return settings.PUBLIC_URL + reverse("setup", args=[token])
