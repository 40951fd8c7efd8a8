"""What other sites push: Webmention, Pingback and Trackback. Each is kept and verified later by the worker."""

from collections.abc import Callable

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from parvis.firm.models import Firm
from parvis.intake.pings import PingRefused, keep_ping
from parvis.networks.pings import BadPing, fault, read_pingback, thanks, trackback_answer

MAX_BODY = 20_000
FAULTS = {"same": 0x0010, "source": 0x0010, "target": 0x0021, "busy": 0x0031}


def get_listening_firm(slug: str) -> Firm:
    firm = Firm.objects.filter(slug=slug, notice_published_at__isnull=False, is_practice=False).first()
    if firm is None:
        raise Http404
    return firm


def with_small_body(view: Callable[[HttpRequest, str], HttpResponse]) -> Callable[[HttpRequest, str], HttpResponse]:
    """Refuse a body that no honest sender sends, before it is read."""

    def capped(request: HttpRequest, slug: str) -> HttpResponse:
        size = request.headers.get("Content-Length", "0")
        if not size.isdecimal() or len(size) > 9 or int(size) > MAX_BODY:
            return HttpResponse("too large", status=413, content_type="text/plain")
        return view(request, slug)

    return capped


@csrf_exempt
@require_POST
@with_small_body
def webmention(request: HttpRequest, slug: str) -> HttpResponse:
    firm = get_listening_firm(slug)
    source, target = request.POST.get("source", ""), request.POST.get("target", "")
    try:
        keep_ping(firm, kind="webmention", source=source, target=target, now=timezone.now())
    except PingRefused as refused:
        status = 503 if refused.reason == "busy" else 400
        return HttpResponse(f"refused: {refused.reason}", status=status, content_type="text/plain")
    return HttpResponse("accepted, will be verified", status=202, content_type="text/plain")


@csrf_exempt
@require_POST
@with_small_body
def pingback(request: HttpRequest, slug: str) -> HttpResponse:
    """XML-RPC `pingback.ping`; faults by the codes of its specification."""
    firm = get_listening_firm(slug)
    try:
        source, target = read_pingback(request.body)
        keep_ping(firm, kind="pingback", source=source, target=target, now=timezone.now())
    except BadPing as error:
        return HttpResponse(fault(error.code, str(error)), content_type="text/xml")
    except PingRefused as refused:
        return HttpResponse(fault(FAULTS[refused.reason], refused.reason), content_type="text/xml")
    return HttpResponse(thanks(), content_type="text/xml")


@csrf_exempt
@require_POST
@with_small_body
def trackback(request: HttpRequest, slug: str) -> HttpResponse:
    firm = get_listening_firm(slug)
    target = settings.PUBLIC_URL + reverse("notice", args=[firm.slug])
    try:
        keep_ping(firm, kind="trackback", source=request.POST.get("url", ""), target=target, now=timezone.now())
    except PingRefused as refused:
        return HttpResponse(trackback_answer(refused.reason), content_type="text/xml")
    return HttpResponse(trackback_answer(""), content_type="text/xml")
