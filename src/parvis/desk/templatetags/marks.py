"""Small marks that templates draw often: an icon, a clock ring, the words that a page has to say once."""

from typing import Any

from django import template
from django.contrib.messages import get_messages
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()
NETWORK_MARKS = frozenset({"bluesky", "mastodon", "feeds", "links", "counter", "wordpress", "google", "facebook"})


@register.simple_tag
def icon(name: str) -> SafeString:
    """One drawing of the sprite; the words beside it say what it means."""
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        static("desk/sprite.svg"),
        name,
    )


@register.simple_tag
def network_icon(network: str) -> SafeString:
    """The mark of a network; a speech bubble for one we have no drawing of."""
    return icon(f"net-{network}" if network in NETWORK_MARKS else "message-circle")


@register.simple_tag
def clock(percent: int, tone: str) -> SafeString:
    """A ring that fills while somebody waits; the minutes stand beside it in words."""
    return format_html(
        '<svg class="clock {}" viewBox="0 0 20 20" aria-hidden="true"><circle class="all" cx="10" cy="10" r="7"/>'
        '<circle class="part" cx="10" cy="10" r="7" pathLength="100" stroke-dasharray="{} 100"/></svg>',
        tone,
        max(0, min(100, int(percent))),
    )


@register.simple_tag
def find_url(name: str, *args: object) -> str:
    """The address of a page, or "" where this Parvis has no such page."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


@register.simple_tag(takes_context=True)
def list_sayings(context: template.Context) -> list[dict[str, Any]]:
    """What earlier presses left to say, and whether the last act may be undone."""
    request = context.get("request")
    if not isinstance(request, HttpRequest):
        return []
    return [
        {
            "text": str(said),
            "is_warning": said.level_tag in {"error", "warning"},
            "may_undo": "undo" in (said.extra_tags or ""),
        }
        for said in get_messages(request)
    ]
