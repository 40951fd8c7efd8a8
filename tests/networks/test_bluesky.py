"""Bluesky on the real server: what is heard, what is refused, what is sent once; and the counting of text."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from parvis.lib import http
from parvis.networks.bluesky import Bluesky, find_links_and_tags, read_reply, record_key
from parvis.wire import errors
from parvis.wire.contract import Access, Connected, Incoming, Outgoing
from tests.peers.accounts import Person, until
from tests.peers.bluesky import Network

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"


def link(account: Person) -> Connected:
    form = {"host": account.host, "handle": account.handle, "app_password": account.app_password()}
    return Bluesky().connect(form)


def plug(account: Person) -> Access:
    made = link(account)
    return Access(made.host, made.native_id, made.handle, made.secret)


def write(text: str, reply_to: Incoming | None = None) -> Outgoing:
    return Outgoing(str(uuid.uuid4()), text, datetime.now(UTC), dict(reply_to.reply_ref) if reply_to else {})


@pytest.fixture
def shop(bluesky_full: Network) -> Person:
    return bluesky_full.make_person("boutique")


@pytest.fixture
def customer(bluesky_full: Network) -> Person:
    return bluesky_full.make_person("cliente")


@pytest.mark.real
def test_a_mention_is_answered_once_and_taken_back_twice(shop: Person, customer: Person) -> None:
    network, access = Bluesky(), plug(shop)
    asked = customer.post(f"Bonjour @{shop.handle}, ouvert demain ?", mention=shop)
    (heard,) = until(lambda: network.fetch(access, "").items)
    assert (heard.native_id, heard.kind) == (asked["uri"], "mention")
    answer = write("Oui, jusqu’à 18 h. https://exemple.fr/horaires #horaires", heard)
    assert network.fetch_state(access, answer) is None
    receipts = [network.send(access, answer), network.send(access, answer)]
    assert receipts[0] == receipts[1] == network.fetch_state(access, answer)
    (record,) = shop.list_posts()
    assert record["value"]["reply"] == {"root": asked, "parent": asked}
    network.delete(access, receipts[0].native_id)
    network.delete(access, receipts[0].native_id)
    assert shop.list_posts() == []


@pytest.mark.real
def test_the_cursor_neither_misses_nor_repeats(shop: Person, customer: Person) -> None:
    network, access = Bluesky(), plug(shop)
    first = customer.post(f"un @{shop.handle}", mention=shop)
    assert until(lambda: network.fetch(access, "").items)
    cursor = network.fetch(access, "").cursor
    assert network.fetch(access, cursor).items == ()
    posted = [customer.post(f"{word} @{shop.handle}", mention=shop)["uri"] for word in ("deux", "trois")]
    assert until(lambda: len(network.fetch(access, cursor).items) == 2)
    heard = [item.native_id for item in network.fetch(access, cursor).items]
    assert sorted(heard) == sorted(posted)
    assert first["uri"] not in heard


@pytest.mark.real
def test_a_deleted_post_is_rechecked_as_deleted(shop: Person, customer: Person) -> None:
    network, access = Bluesky(), plug(shop)
    asked = customer.post(f"trompé @{shop.handle}", mention=shop)
    assert until(lambda: network.fetch(access, "").items)
    assert network.recheck(access, (asked["uri"],)) == ()
    customer.delete(asked["uri"])
    (gone,) = until(lambda: network.recheck(access, (asked["uri"],)))
    assert (gone.native_id, gone.state, gone.text) == (asked["uri"], "deleted", "")


@pytest.mark.real
def test_a_worn_out_session_is_renewed_once(shop: Person) -> None:
    network, access = Bluesky(), plug(shop)
    network._keep_token(access, "worn.out.token")
    assert network.fetch(access, "").items == ()


@pytest.mark.real
def test_a_wrong_password_links_nothing(shop: Person) -> None:
    with pytest.raises(errors.AuthExpired):
        Bluesky().connect({"host": shop.host, "handle": shop.handle, "app_password": "aaaa-bbbb-cccc-dddd"})


@pytest.mark.real
def test_a_server_without_an_appview_publishes_and_says_what_it_cannot_hear(bluesky_pds: Network) -> None:
    connected = link(bluesky_pds.make_person("toute-seule"))
    assert connected.note == "no_appview"
    assert not {"mentions", "replies", "poll"} & connected.abilities
    assert {"publish", "reply", "delete"} <= connected.abilities


@pytest.mark.real
@pytest.mark.parametrize(
    "text", ["é" * 300, "é" * 301, FAMILY * 100, FAMILY * 130, "e\u0301" * 300, "a\r\n" * 149, "🇫🇷" * 300, "🇫🇷" * 301]
)
def test_the_server_accepts_just_what_we_count_as_fitting(shop: Person, text: str) -> None:
    network, access = Bluesky(), plug(shop)
    fits = network.measure(text, network.limits).fits
    try:
        network.send(access, write(text))
    except errors.Rejected:
        assert not fits
    else:
        assert fits


def test_facets_are_told_in_bytes() -> None:
    text = "Été à voir : https://exemple.fr/été. #vélo"
    told = {
        text.encode()[facet["index"]["byteStart"] : facet["index"]["byteEnd"]].decode()
        for facet in find_links_and_tags(text)
    }
    assert told == {"https://exemple.fr/été", "#vélo"}


def test_the_key_of_a_record_depends_on_the_delivery_alone() -> None:
    one = write("a")
    later = Outgoing(one.op_key, "b", one.written_at + timedelta(seconds=1))
    assert record_key(one) == record_key(Outgoing(one.op_key, "b", one.written_at))
    assert record_key(one) < record_key(later)
    assert len(record_key(one)) == 13


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "ExpiredToken", errors.AuthExpired), (400, "InvalidToken", errors.AuthExpired),
        (400, "RecordNotFound", errors.Gone), (400, "InvalidRequest", errors.Rejected),
        (502, "UpstreamFailure", errors.NotAble), (429, "RateLimitExceeded", errors.RateLimited),
        (503, "", errors.Transient),
    ],
)  # fmt: skip
def test_a_fault_is_named_by_its_code(status: int, code: str, kind: type[errors.NetworkError]) -> None:
    body = f'{{"error": "{code}", "message": "m"}}'.encode()
    with pytest.raises(kind) as raised:
        read_reply(http.Reply(status, {}, body, "https://pds.test"))
    assert (raised.value.status, raised.value.code) == (status, code)
