"""The first day: the one-use link that opens the house, and a colleague's arrival by invitation."""

from pathlib import Path

from django import forms
from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.password_validation import validate_password
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from parvis.desk.member import CHOSEN
from parvis.firm.models import Member, User
from parvis.firm.people import InvitationRefused, NewPerson, get_invitation, hash_token, join, open_firm
from parvis.routing.assign import set_expertise

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def password_field() -> forms.CharField:
    return forms.CharField(
        label=gettext_lazy("A password of ten characters or more"),
        widget=forms.PasswordInput,
        max_length=200,
        validators=[validate_password],
    )


class FirmForm(forms.Form):
    """Who the house is and who opens it."""

    name = forms.CharField(label=gettext_lazy("The name on your sign"), max_length=120)
    trade = forms.CharField(label=gettext_lazy("Your trade"), max_length=120, required=False)
    commune = forms.CharField(label=gettext_lazy("Your commune"), max_length=120, required=False)
    first_name = forms.CharField(label=gettext_lazy("Your first name"), max_length=60)
    signs_as = forms.CharField(
        label=gettext_lazy("Where you work in the house (it signs your answers)"), max_length=60, required=False
    )
    email = forms.EmailField(label=gettext_lazy("Your e-mail (never published)"))
    password = password_field()

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        if User.objects.filter(email=email.lower()).exists():
            raise forms.ValidationError(_("This e-mail is known here: sign in, or take another."))
        return email


class JoinForm(forms.Form):
    """What a colleague gives to come in."""

    read_charter = forms.BooleanField(label=gettext_lazy("I have read the charter"))
    consents = forms.BooleanField(
        label=gettext_lazy("I agree to speak under my first name. I may take it back at any time."), required=False
    )
    first_name = forms.CharField(label=gettext_lazy("Your first name"), max_length=60)
    signs_as = forms.CharField(
        label=gettext_lazy("Where you work in the house (it signs your answers)"), max_length=60, required=False
    )
    email = forms.EmailField(label=gettext_lazy("Your e-mail (never published)"))
    password = password_field()
    topics = forms.CharField(
        label=gettext_lazy("Three to six subjects that you know well, one a line"),
        widget=forms.Textarea(attrs={"rows": 5}),
        max_length=800,
    )
    samples = forms.CharField(
        label=gettext_lazy("Two questions that you like answering, one a line"),
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
        max_length=600,
    )


def read_lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _token_file() -> Path:
    return Path(settings.DATA) / "setup-token"


def check_setup_token(token: str) -> None:
    """404 unless this is the link that was printed, not used yet."""
    path = _token_file()
    if not path.exists() or not constant_time_compare(path.read_text(), hash_token(token)):
        raise Http404


def come_in(request: HttpRequest, member: Member) -> None:
    login(request, member.user, backend=BACKEND)
    request.session[CHOSEN] = member.firm_id


@require_http_methods(["GET", "POST"])
def welcome(request: HttpRequest, token: str) -> HttpResponse:
    """« Comment s'appelle votre maison ? » and what follows; the link dies when the owner is there."""
    check_setup_token(token)
    form = FirmForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        person = NewPerson(given["email"], given["password"], given["first_name"], given["signs_as"])
        member = open_firm(
            given["name"], owner=person, trade=given["trade"], commune=given["commune"], now=timezone.now()
        )
        _token_file().unlink(missing_ok=True)
        come_in(request, member)
        return redirect("notice_edit")
    return render(request, "setup/welcome.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def join_firm(request: HttpRequest, token: str) -> HttpResponse:
    """Come in by an invitation: charter, consent, account, subjects and questions."""
    try:
        invitation = get_invitation(token, now=timezone.now())
    except InvitationRefused as error:
        raise Http404 from error
    form = JoinForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        person = NewPerson(given["email"], given["password"], given["first_name"], given["signs_as"])
        try:
            member = join(invitation, person, consents=given["consents"], now=timezone.now())
        except InvitationRefused:
            form.add_error("password", _("This e-mail is known here with another password."))
        else:
            set_expertise(member, topics=read_lines(given["topics"]), samples=read_lines(given["samples"]))
            come_in(request, member)
            return redirect("home")
    context = {"form": form, "inviting": invitation.firm}
    return render(request, "setup/join.html", context, status=422 if form.errors else 200)
