"""What strangers push: kept when it may be for us, refused with its reason, and never a fall whatever the body."""

from xml.etree import ElementTree

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import settings as rule
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from parvis.firm.models import Member
from parvis.firm.people import NewPerson, open_firm, publish_notice
from parvis.intake.models import Ping
from parvis.networks.pings import BadPing, read_pingback

SOURCE = "https://blog.example/un-article"


def make_call(source: str, target: str, method: str = "pingback.ping") -> bytes:
    return (
        f"<?xml version='1.0'?><methodCall><methodName>{method}</methodName><params><param><value><string>{source}"
        f"</string></value></param><param><value>{target}</value></param></params></methodCall>"
    ).encode()


@pytest.fixture
def place(owner: Member) -> str:
    return f"/p/{owner.firm.slug}/"


def test_the_public_page_announces_both_and_answers_head(place: str) -> None:
    reply = Client().head(place)
    assert reply.status_code == 200
    assert reply["X-Pingback"].endswith(f"{place}pingback")
    assert 'rel="webmention"' in reply["Link"]


def test_a_webmention_for_our_page_is_kept_once(place: str) -> None:
    form = {"source": SOURCE, "target": settings.PUBLIC_URL + place}
    for _ in range(3):
        assert Client().post(f"{place}webmention", form).status_code == 202
    assert Ping.objects.count() == 1


@pytest.mark.parametrize(
    ("source", "target"),
    [
        (SOURCE, "https://elsewhere.example/"),
        ("javascript:alert(1)", "ours"),
        ("ours", "ours"),
        ("file:///etc/passwd", "ours"),
        ("", ""),
        (SOURCE, "ours@evil.example"),
    ],
)
def test_a_webmention_that_is_not_for_us_is_refused(place: str, source: str, target: str) -> None:
    ours = settings.PUBLIC_URL + place
    form = {
        "source": source.replace("ours", ours),
        "target": target.replace("ours@", f"{settings.PUBLIC_URL}@").replace("ours", ours),
    }
    assert Client().post(f"{place}webmention", form).status_code == 400
    assert not Ping.objects.exists()


def test_a_pingback_is_kept_and_a_wrong_one_faults_by_its_code(place: str) -> None:
    ours = settings.PUBLIC_URL + place
    kept = Client().post(f"{place}pingback", make_call(SOURCE, ours), content_type="text/xml")
    assert b"fault" not in kept.content
    wrong = Client().post(f"{place}pingback", make_call(SOURCE, "https://elsewhere.example/"), content_type="text/xml")
    assert b"<int>33</int>" in wrong.content
    assert Ping.objects.get().kind == "pingback"


def test_a_trackback_is_kept(place: str) -> None:
    reply = Client().post(f"{place}trackback", {"url": SOURCE, "title": "x"})
    assert b"<error>0</error>" in reply.content


def test_nothing_is_taken_before_the_notice_nor_for_practice(owner: Member, place: str) -> None:
    owner.firm.notice_published_at = None
    owner.firm.save()
    for name in ("", "webmention", "pingback", "trackback"):
        assert Client().post(place + name).status_code in (404, 405)


def test_a_body_too_large_is_refused_unread(place: str) -> None:
    reply = Client().post(f"{place}pingback", b"<" * 30_000, content_type="text/xml")
    assert reply.status_code == 413


BOMB = b"""<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd"><!ENTITY y "&x;&x;&x;&x;">]>
<methodCall><methodName>pingback.ping</methodName><params><param><value>&y;</value></param></params></methodCall>"""


def test_entities_are_never_read() -> None:
    with pytest.raises(BadPing):
        read_pingback(BOMB)


class AnyBody(TestCase):
    """Hypothesis throws bodies; each answers well-formed XML and keeps nothing that is not for us."""

    @rule(max_examples=80, deadline=None)
    @given(
        body=st.binary(max_size=400)
        | st.tuples(st.text(max_size=30), st.text(max_size=30)).map(lambda t: make_call(*t))
    )
    def test_no_pingback_makes_it_fall(self, body: bytes) -> None:
        owner = open_firm("Maison", owner=NewPerson("a@b.test", "", "Ada"), now=timezone.now())
        publish_notice(owner.firm, owner, "Notice", now=timezone.now())
        reply = Client().post(f"/p/{owner.firm.slug}/pingback", body, content_type="text/xml")
        assert reply.status_code == 200
        ElementTree.fromstring(reply.content)
        assert not Ping.objects.exists()
