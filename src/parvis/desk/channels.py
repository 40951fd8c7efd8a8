"""Plugging accounts in: the form or the network's own page, the health of each, and taking them out."""

from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from parvis.channels.connect import link, unplug
from parvis.channels.models import Channel, open_vault
from parvis.desk.lines import NETWORK_LABELS, TROUBLE_WORDS, find_mark, say_network, say_when
from parvis.desk.member import for_members, for_owners
from parvis.firm.models import Member
from parvis.wire import errors, registry

OFFERED = ("bluesky", "mastodon", "feeds")
KEPT = "consent"
NETWORK_WORDS = {
    "bluesky": gettext_lazy(
        "Mentions, replies and quotes; you answer from here. An app password, made in two minutes."
    ),
    "mastodon": gettext_lazy("Mentions and private messages; you answer from here. You say yes on your own server."),
    "feeds": gettext_lazy("The local press and the blogs: title, link and one line."),
}
FIELD_WORDS = {
    "handle": gettext_lazy("Your handle"),
    "app_password": gettext_lazy("An app password (Settings → App passwords)"),
    "host": gettext_lazy("The server"),
    "address": gettext_lazy("The address of the site or of its feed"),
}
NOTE_WORDS = {"no_appview": gettext_lazy("publishes, but this server cannot tell what is said to you")}


def get_offered(name: str) -> str:
    if name not in OFFERED:
        raise Http404
    return name


def say_trouble(error: errors.NetworkError) -> str:
    words = {
        "AuthExpired": _("The network does not know this account or this password. Nothing was kept."),
        "Rejected": _("This address cannot be used. Check it, then try again."),
        "ContractBroken": _("What answers there is not what we expected. Check the address."),
    }
    return words.get(error.kind, _("The network does not answer now. Nothing was kept: try again in a moment."))


@require_GET
@for_members
def channels(request: HttpRequest, member: Member) -> HttpResponse:
    now = timezone.now()
    rows = [
        {
            "id": c.pk,
            "network": find_mark(c.network),
            "network_label": say_network(c.network),
            "label": c.label,
            "handle": c.handle,
            "state": {"ok": "ok", "failing": "slow"}.get(c.state, "broken"),
            "state_words": say_state(c),
            "last_words": _("heard %(when)s") % {"when": say_when(c.last_ok_at, now)} if c.last_ok_at else "",
            "act": {"label": _("Plug in again"), "url": reverse("plug", args=[c.network])}
            if c.state == Channel.State.UNPLUGGED
            else None,
        }
        for c in member.firm.channels.exclude(network__in=["counter", "links"]).order_by("id")
    ]
    plugged = {row["network"] for row in rows}
    context = {
        "place": "settings",
        "channels": rows,
        "networks": [
            {
                "name": name,
                "label": NETWORK_LABELS[name],
                "words": say_words(name),
                "minutes": 3,
                "plugged": name in plugged,
                "url": reverse("plug", args=[name]),
            }
            for name in OFFERED
        ],
        "notice_published": member.firm.may_listen,
    }
    return render(request, "channels.html", context)


def say_words(name: str) -> str:
    """What a network brings, and honestly how far it was tried."""
    if registry.get_network(name).tested_live:
        return str(NETWORK_WORDS[name])
    return f"{NETWORK_WORDS[name]} {_('(Contract-tested, not live-tested yet.)')}"


def say_state(channel: Channel) -> str:
    if channel.state == Channel.State.OK:
        return str(NOTE_WORDS.get(channel.note, "")) or _("works")
    return str(TROUBLE_WORDS.get(channel.trouble_kind, "")) or _("unplugged")


@require_http_methods(["GET", "POST"])
@for_owners
def plug(request: HttpRequest, member: Member, name: str) -> HttpResponse:
    """The form of one network; where it asks for a yes on its own page, go there."""
    network = registry.get_network(get_offered(name))
    form = {field.name: request.POST.get(field.name, "").strip()[:500] for field in network.fields}
    refusal = ""
    if request.method == "POST":
        back = settings.PUBLIC_URL + reverse("plugged", args=[name])
        try:
            consent = network.consent(form, return_to=back)
            if consent is None:
                return _keep(request, member, name, form)
            request.session[KEPT] = signing.dumps(open_vault().seal(dict(consent.keep)).decode())
            return redirect(consent.url)
        except errors.NetworkError as error:
            refusal = say_trouble(error)
    context = {
        "place": "settings",
        "network": {"name": name, "label": NETWORK_LABELS[name], "words": NETWORK_WORDS[name]},
        "fields": [
            {
                "name": f.name,
                "label": FIELD_WORDS.get(f.name, f.name),
                "hint": f.example,
                "type": "password" if f.secret else "text",
                "value": "" if f.secret else form[f.name],
                "autocomplete": "off",
            }
            for f in network.fields
        ],
        "errors": [refusal] if refusal else [],
        "channel_url": reverse("channels"),
    }
    return render(request, "plug.html", context, status=422 if refusal else 200)


@require_GET
@for_owners
def plugged(request: HttpRequest, member: Member, name: str) -> HttpResponse:
    """Back from the network's own page, with its yes."""
    kept = request.session.pop(KEPT, None)
    if kept is None:
        raise Http404
    form = {
        **open_vault().open(signing.loads(kept).encode()),
        "code": request.GET.get("code", "")[:500],
        "returned_state": request.GET.get("state", "")[:200],
    }
    try:
        return _keep(request, member, get_offered(name), form)
    except errors.NetworkError as error:
        messages.error(request, say_trouble(error))
        return redirect("plug", name=name)


def _keep(request: HttpRequest, member: Member, name: str, form: dict[str, str]) -> HttpResponse:
    connected = registry.get_network(name).connect(form)
    link(member.firm, member, name, connected, now=timezone.now())
    messages.success(request, _("Plugged in: %(label)s.") % {"label": connected.label})
    return redirect("channels")


@require_POST
@for_owners
def unplug_channel(request: HttpRequest, member: Member, pk: int) -> HttpResponse:
    found = Channel.objects.filter(firm=member.firm, pk=pk).first()
    if found is None:
        raise Http404
    unplug(found, member)
    messages.info(request, _("Unplugged: its password is forgotten here, what was heard stays."))
    return redirect("channels")
