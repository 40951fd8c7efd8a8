"""A real WordPress speaks of the house: its pingback becomes one line, its deletion is seen, its feed is read once."""

import time
import urllib.error
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from parvis.channels.connect import link
from parvis.conversations.models import Conversation
from parvis.firm.models import Member
from parvis.flow.steps import Memory, beat
from parvis.intake.models import Fetch, Mention, Ping
from parvis.wire.registry import get_network
from tests.peers.wordpress import Blog

pytestmark = [pytest.mark.real, pytest.mark.django_db(transaction=True)]

Article = dict[str, Any]


@pytest.fixture
def notice_url(owner: Member, live_server: Any, settings: Any) -> str:
    """The public address of the firm's notice; WordPress takes no address without a dot for a link."""
    settings.PUBLIC_URL = live_server.url.replace("localhost", "127.0.0.1")
    return f"{settings.PUBLIC_URL}/p/{owner.firm.slug}/"


@pytest.fixture
def article(wordpress: Blog, notice_url: str) -> Iterator[Article]:
    """An article that links to the firm's notice, published by WordPress, which then tells whoever it links to."""
    made = wordpress.publish(
        f"Réparer son vélo {time.time_ns()}",
        f'<p>Pour un dérailleur, allez voir <a href="{notice_url}">les gens du quai</a>.</p>',
    )
    yield made
    with suppress(urllib.error.HTTPError):  # a journey may have deleted it already
        wordpress.delete(made["id"])


def read_box(member: Member) -> str:
    client = Client(headers={"accept-language": "fr"})
    client.force_login(member.user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client.get("/boite/team/").content.decode()


def test_a_link_to_us_is_one_line_until_its_page_is_deleted(
    owner: Member, wordpress: Blog, notice_url: str, article: Article
) -> None:
    ping = Ping.objects.get(firm=owner.firm)
    assert (ping.kind, ping.source, ping.target) == ("pingback", article["link"], notice_url)
    assert ping.state == Ping.State.WAITING

    now = timezone.now()
    memory = Memory()
    beat(memory, now=now)
    beat(memory, now=now)
    line = Conversation.objects.get(firm=owner.firm)
    assert (line.kind, line.network) == ("link", "links")
    assert line.messages.count() == 1
    assert "Réparer son vélo" in read_box(owner)

    wordpress.delete(article["id"])
    later = now + timedelta(hours=25)
    beat(memory, now=later)
    mention = Mention.objects.get(firm=owner.firm)
    assert (mention.state, mention.text, mention.author_name) == ("deleted", "", "")
    assert Conversation.objects.count() == 1
    page = read_box(owner)
    assert "Réparer son vélo" not in page
    assert "(les mots ont été retirés par leur auteur)" in page


def test_a_feed_is_read_twice_and_told_once(owner: Member, wordpress: Blog, article: Article) -> None:
    connected = get_network("feeds").connect({"address": wordpress.url})
    channel = link(owner.firm, owner, "feeds", connected, now=timezone.now())
    memory = Memory()
    beat(memory, now=timezone.now())
    beat(memory, now=timezone.now())
    heard = Mention.objects.get(channel=channel, title=article["title"]["raw"])
    assert (heard.kind, heard.native_url) == ("article", article["link"])
    count = Mention.objects.filter(channel=channel).count()

    fetch = Fetch.objects.get(channel=channel)
    again = get_network("feeds").fetch(channel.access(), fetch.cursor)
    assert (again.note, again.items, again.cursor) == ("304", (), fetch.cursor)
    beat(memory, now=fetch.due_at + timedelta(seconds=1))
    fetch.refresh_from_db()
    assert fetch.due_at > timezone.now() + timedelta(seconds=900)
    assert Mention.objects.filter(channel=channel).count() == count
