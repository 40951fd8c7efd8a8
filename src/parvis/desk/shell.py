"""The shell of the installed page (manifest, service worker), the practice door, and the pages of errors."""

from pathlib import Path

from django.conf import settings
from django.contrib.auth import login
from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from parvis.desk.member import CHOSEN, for_members
from parvis.desk.practice import close_practice, find_practice_owner
from parvis.desk.setup import BACKEND
from parvis.firm.models import Member


@require_GET
def manifest(request: HttpRequest) -> JsonResponse:
    return JsonResponse(
        {
            "name": "Parvis",
            "short_name": "Parvis",
            "description": _("What people tell your house, and who answers."),
            "start_url": "/",
            "display": "standalone",
            "background_color": "#faf6ee",
            "theme_color": "#1b242c",
            "lang": "fr",
            "icons": [
                {"src": static("desk/icon.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": "any maskable"}
            ],
        },
        content_type="application/manifest+json",
    )


@require_GET
def service_worker(request: HttpRequest) -> HttpResponse:
    """Served at the root so that it may speak for every page."""
    found = finders.find("desk/js/sw.js")
    if not isinstance(found, str):
        raise Http404
    response = HttpResponse(Path(found).read_text("utf-8"), content_type="text/javascript")
    response["Cache-Control"] = "no-cache"
    return response


@require_GET
def enter_practice(request: HttpRequest) -> HttpResponse:
    """Come in to the practice firm as its owner; only where the start asked for practice."""
    owner = find_practice_owner() if settings.PRACTICE else None
    if owner is None:
        raise Http404
    login(request, owner.user, backend=BACKEND)
    request.session[CHOSEN] = owner.firm_id
    return redirect("home")


@require_POST
@for_members
def erase_practice(request: HttpRequest, member: Member) -> HttpResponse:
    """Erase the practice firm and all it holds, in one act."""
    if not member.firm.is_practice:
        raise Http404
    close_practice(member.firm)
    return redirect("account_login")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "404.html", status=404)
