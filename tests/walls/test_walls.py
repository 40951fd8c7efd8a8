"""The wall between firms: every address of the table, as a member of another firm, as nobody, and without a token."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from parvis.api.routes import api
from parvis.api.tokens import make_token
from parvis.channels.connect import link
from parvis.contacts.models import Memo
from parvis.conversations.models import Conversation
from parvis.firm.models import Member
from parvis.flow.steps import Memory, beat
from parvis.replies.answer import answer
from parvis.wire.registry import get_network

PUBLIC = {
    "setup", "join", "practice", "notice", "webmention", "pingback", "trackback", "healthz", "manifest", "sw",
    "set_language",
}  # fmt: skip
OWN_PAGES = {  # addresses without a row of the firm in them: each shows the visitor's own firm
    "home", "box", "live", "bulk", "undo_act", "people", "team", "invite", "consent", "topics", "switch_firm", "counter",
    "channels", "plug", "plugged", "settings", "hours", "notice_edit", "notice_withdraw", "setup_hours", "join_topics",
    "erase_practice",
}  # fmt: skip


def list_patterns(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            if prefix == "" and str(entry.pattern) in ("compte/", "api/"):
                continue
            yield from list_patterns(entry, prefix + str(entry.pattern))
        else:
            yield prefix + str(entry.pattern), entry


@pytest.fixture
def rows(owner: Member) -> dict[str, int]:
    """A row of each kind in the owner's firm, by the name that addresses give it."""
    now = timezone.now()
    channel = link(owner.firm, owner, "practice-bluesky", get_network("practice-bluesky").connect({}), now=now)
    beat(Memory(), now=now)
    conversation = Conversation.objects.filter(firm=owner.firm).order_by("id")[0]
    delivery = answer(conversation, owner, "Bonjour, passez demain.", now=now)
    contact = conversation.contact
    assert contact is not None
    memo = Memo.objects.create(firm=owner.firm, contact=contact, member=owner, text="vélo bleu", is_promise=True)
    other = owner.firm.contacts.exclude(pk=contact.pk).order_by("id")[0]
    identity = other.identities.get()
    example = owner.expertises.create(firm=owner.firm, kind="example", text="freins")
    return {
        "conversation": conversation.pk, "delivery": delivery.pk, "contact": contact.pk, "memo": memo.pk,
        "identity": identity.pk, "member": owner.pk, "example": example.pk, "channel": channel.pk,
    }  # fmt: skip


KIND_OF = {
    "personnes": "contact", "promesse": "memo", "identite": "identity", "reseaux": "channel", "envoi": "delivery",
}  # fmt: skip


def fill(route: str, rows: dict[str, int]) -> str:
    """An address of the table with the ids of real rows in it."""
    kind = KIND_OF.get(route.split("/", 1)[0], "conversation")
    if route.startswith("equipe/"):
        kind = "example" if "exemple" in route else "member"

    def give(match: re.Match[str]) -> str:
        converter, name = match.group(1), match.group(2)
        if converter == "int":
            return str(rows[kind])
        return {"view": "team", "name": "close", "slug": "x", "token": "x"}[name]

    return "/" + re.sub(r"<(\w+):(\w+)>", give, route)


def sign_in(member: Member) -> Client:
    client = Client()
    client.force_login(member.user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def test_nobody_meets_only_the_sign_in(rows: dict[str, int]) -> None:
    for route, pattern in list_patterns(get_resolver()):
        if pattern.name in PUBLIC:
            continue
        for method in ("get", "post"):
            reply = getattr(Client(), method)(fill(route, rows))
            is_sign_in = reply.status_code == 302 and reply["Location"].startswith(reverse("account_login"))
            assert is_sign_in or reply.status_code in (404, 405), (route, method, reply.status_code)


def test_a_member_of_another_firm_meets_nothing(rows: dict[str, int], stranger: Member) -> None:
    client = sign_in(stranger)
    tried = 0
    for route, pattern in list_patterns(get_resolver()):
        if pattern.name in PUBLIC or pattern.name in OWN_PAGES:
            continue
        for method in ("get", "post"):
            reply = getattr(client, method)(fill(route, rows), {"text": "x", "to": "1"} if method == "post" else {})
            assert reply.status_code in (404, 405), (route, method, reply.status_code)
            tried += 1
    assert tried >= 40


def test_every_address_is_walked_by_one_of_the_lists(rows: dict[str, int]) -> None:
    names = {pattern.name for _, pattern in list_patterns(get_resolver())}
    assert names >= PUBLIC | OWN_PAGES


def test_own_pages_of_another_firm_say_nothing_of_this_one(rows: dict[str, int], stranger: Member) -> None:
    client = sign_in(stranger)
    for path in (
        "/boite/team/",
        "/boite/closed/",
        "/personnes/",
        "/equipe/",
        "/reseaux/",
        "/boite/team/?q=d%C3%A9railleur",
    ):
        page = client.get(path).content.decode()
        assert "Lefèvre" not in page, path
        assert "Karim" not in page, path


def list_api_calls() -> list[tuple[str, str]]:
    paths: dict[str, dict[str, Any]] = api.get_openapi_schema()["paths"]
    return [(method, path) for path, methods in paths.items() for method in methods]


def test_the_api_shows_nothing_without_a_token_nor_to_another_firm(rows: dict[str, int], stranger: Member) -> None:
    token = make_token(stranger, "walls", ["read", "write"], now=timezone.now())
    calls = list_api_calls()
    assert len(calls) > 15
    for method, path in calls:
        kind = "contact" if "contacts" in path else "delivery" if "deliveries" in path else "conversation"
        url = path.replace("{pk}", str(rows[kind]))
        body = '{"text": "x", "member_id": 1}'
        sent = {} if method == "get" else {"data": body, "content_type": "application/json"}
        send = getattr(Client(), method)
        assert send(url, **sent).status_code == 401, path
        if "{pk}" in path:
            headers = {"authorization": f"Bearer {token}"}
            found = send(url, **sent, headers=headers)
            assert found.status_code == 404, (method, path, found.status_code)


def test_a_revoked_token_and_one_without_the_scope_are_refused(owner: Member) -> None:
    token = make_token(owner, "reader", ["read"], now=timezone.now())
    headers = {"authorization": f"Bearer {token}"}
    assert Client().get("/api/conversations", headers=headers).status_code == 200
    assert Client().post("/api/conversations/1/close", headers=headers).status_code == 401
    owner.firm.api_tokens.update(revoked_at=timezone.now())
    assert Client().get("/api/conversations", headers=headers).status_code == 401


def test_forms_are_refused_without_their_token(owner: Member) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner.user, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert client.post("/en-nombre/", {"act": "close"}).status_code == 403


def test_pages_carry_a_strict_policy_and_may_not_be_framed(owner: Member) -> None:
    reply = sign_in(owner).get("/boite/team/")
    policy = reply["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert reply["X-Frame-Options"] == "DENY"
    assert not re.search(rb"<[^>]+\s(style|on\w+)=", reply.content)


def test_a_foreign_host_is_refused() -> None:
    assert Client().get("/healthz", headers={"host": "evil.example"}).status_code == 400


def test_sign_in_leads_nowhere_else(owner: Member) -> None:
    reply = Client().post(
        reverse("account_login") + "?next=https://evil.example/",
        {"login": owner.user.email, "password": "une-phrase-assez-longue", "next": "https://evil.example/"},
    )
    assert reply.status_code == 302
    assert reply["Location"] == "/"
