"""The public notice of a firm in plain French, and its page; other people's sites may say here that they linked to it."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from parvis.desk.member import for_owners
from parvis.firm.models import Firm, Member
from parvis.firm.people import publish_notice, withdraw_notice


def write_notice(firm: Firm) -> str:
    """A first text, which the owner reads again and corrects before it is published."""
    place = f" à {firm.commune}" if firm.commune else ""
    return f"""{firm.name}{place} lit ce qui se dit d’elle en public, pour y répondre.

Ce que nous lisons. Les messages publics qui nous citent ou nous répondent sur les réseaux où nous avons un compte, les messages que vous nous envoyez, les articles de la presse et des blogs d’ici, et les pages qui font un lien vers les nôtres. Nous ne lisons aucun compte privé.

Pourquoi. Pour vous répondre, par la personne de chez nous qui sait, sous son prénom, et pour nous souvenir de ce que nous nous sommes dit. C’est notre intérêt légitime. Nous n’en faisons ni fichier de prospects, ni publicité, ni note sur les personnes.

Combien de temps. Trois ans au plus après votre dernier message. Un message effacé par son auteur est effacé ici aussi. Les numéros de téléphone, adresses et IBAN laissés en public sont masqués dès l’arrivée.

Qui voit. Les personnes qui travaillent chez nous, personne d’autre. Les données restent sur notre machine ou chez l’hébergeur que nous avons choisi, en Europe.

Vos droits. Vous pouvez demander ce que nous avons sur vous, le faire corriger ou effacer, et demander que nous vous ignorions : écrivez-nous, nous répondons sous un mois. Vous pouvez aussi saisir la CNIL (cnil.fr)."""


@require_http_methods(["GET", "POST"])
@for_owners
def notice_edit(request: HttpRequest, member: Member) -> HttpResponse:
    """Read the notice again, then publish it: nothing is listened to before."""
    firm = member.firm
    text = request.POST.get("text", "").strip()[:10_000] or firm.notice_text or write_notice(firm)
    if request.method == "POST" and "publish" in request.POST:
        publish_notice(firm, member, text, now=timezone.now())
        messages.success(request, _("Published. You may listen now."))
        return redirect("channels")
    context = {
        "place": "settings",
        "text": text,
        "paragraphs": text.split("\n\n"),
        "public_url": settings.PUBLIC_URL + reverse("notice", args=[firm.slug]),
        "is_published": firm.may_listen,
        "step": 5,
        "steps": 5,
        "values": {"text": text},
        "errors": {},
    }
    return render(request, "setup/notice.html", context)


@require_POST
@for_owners
def notice_withdraw(request: HttpRequest, member: Member) -> HttpResponse:
    withdraw_notice(member.firm, member)
    messages.info(request, _("The notice is withdrawn, so nothing is listened to any more. What was heard stays."))
    return redirect("notice_edit")


@require_safe
def public_notice(request: HttpRequest, slug: str) -> HttpResponse:
    """The notice, for anybody. It announces where links to it may be told (Webmention, Pingback)."""
    firm = Firm.objects.filter(slug=slug, notice_published_at__isnull=False, is_practice=False).first()
    if firm is None:
        raise Http404
    webmention = settings.PUBLIC_URL + reverse("webmention", args=[firm.slug])
    pingback = settings.PUBLIC_URL + reverse("pingback", args=[firm.slug])
    context = {
        "firm": firm,
        "paragraphs": firm.notice_text.split("\n\n"),
        "published_at": firm.notice_published_at,
        "webmention_url": webmention,
        "pingback_url": pingback,
        "is_published": True,
    }
    response = render(request, "public/notice.html", context)
    response["Link"] = f'<{webmention}>; rel="webmention"'
    response["X-Pingback"] = pingback
    return response
