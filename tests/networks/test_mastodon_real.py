"""Mastodon's contract on two real servers that federate (snac2): consent, a mention answered, a private message."""

import secrets
import uuid
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from parvis.networks.mastodon import Mastodon
from parvis.wire import errors
from parvis.wire.contract import Access, Connected, Incoming, Outgoing
from tests.peers.accounts import Account, approve, until
from tests.peers.snac import HOSTS, Pair

pytestmark = pytest.mark.real

OURS, THEIRS = HOSTS
BACK = "http://127.0.0.1:8000/plugged"


def agree(network: Mastodon, pair: Pair, *, user: str = "parvis") -> dict[str, str]:
    """The form that comes back after the person said yes on the server's page."""
    consent = network.consent({"host": f"http://{OURS}"}, return_to=BACK)
    assert consent is not None
    asked = {name: values[0] for name, values in parse_qs(urlsplit(consent.url).query).items()}
    code = approve(OURS, user, pair.passwords[OURS][user], asked["client_id"], asked["redirect_uri"], asked["state"])
    return {**consent.keep, "code": code, "returned_state": asked["state"]}


@pytest.fixture(scope="module")
def network() -> Mastodon:
    return Mastodon()


@pytest.fixture(scope="module")
def connected(network: Mastodon, snac_pair: Pair) -> Connected:
    return network.connect(agree(network, snac_pair))


@pytest.fixture(scope="module")
def access(connected: Connected) -> Access:
    return Access(connected.host, connected.native_id, connected.handle, connected.secret)


@pytest.fixture(scope="module")
def client(snac_pair: Pair) -> Account:
    return snac_pair.sign_in(THEIRS, "client")


def hear(network: Mastodon, access: Access, mark: str, cursor: str = "") -> Incoming:
    def look() -> list[Incoming]:
        return [item for item in network.fetch(access, cursor).items if mark in item.text]

    found: list[Incoming] = until(look)
    assert len(found) == 1
    return found[0]


def answer(asked: Incoming, text: str) -> Outgoing:
    return Outgoing(str(uuid.uuid4()), text, datetime.now(UTC), reply_ref=asked.reply_ref, audience=asked.audience)


def heard_there(client: Account, mark: str) -> list[dict[str, Any]]:
    told = [seen["status"] for seen in client.list_notifications("mention")]
    return [status for status in told if mark in status["content"]]


def test_connect_proves_the_account_and_reads_its_limits(connected: Connected) -> None:
    assert connected.host == f"http://{OURS}"
    assert connected.handle == f"parvis@{OURS}"
    assert connected.limits.url_length == 32
    assert connected.limits.max_length is not None
    assert 99_900 < connected.limits.max_length <= 100_000
    assert "stream" not in connected.abilities


@pytest.mark.parametrize("returned", ["", "another"])
def test_a_yes_to_another_question_is_refused(network: Mastodon, snac_pair: Pair, returned: str) -> None:
    with pytest.raises(errors.Rejected):
        network.connect({**agree(network, snac_pair), "returned_state": returned})


def test_a_return_without_a_code_is_refused(network: Mastodon, snac_pair: Pair) -> None:
    with pytest.raises(errors.PermissionMissing):
        network.connect({**agree(network, snac_pair), "code": ""})


def test_a_mention_is_heard_and_answered_in_public_once(network: Mastodon, access: Access, client: Account) -> None:
    mark, cursor = secrets.token_hex(4), network.fetch(access, "").cursor
    asked = client.post(f"@parvis@{OURS} Vous ouvrez demain ? {mark}", visibility="public")
    item = hear(network, access, mark, cursor)
    assert (item.native_url, item.kind, item.audience) == (asked["url"], "mention", "public")
    assert item.text.startswith("@parvis")
    assert item.author is not None
    assert item.author.handle == f"client@{THEIRS}"
    assert network.fetch(access, network.fetch(access, cursor).cursor).items == ()

    outgoing = answer(item, f"Oui, de 9 h à 18 h. https://example.org/horaires?a=1 {mark}")
    assert network.fetch_state(access, outgoing) is None
    receipt = network.send(access, outgoing)
    assert network.fetch_state(access, outgoing) == receipt
    read = until(lambda: heard_there(client, mark))
    assert [status["visibility"] for status in read] == ["public"]
    assert read[0]["in_reply_to_id"] == asked["id"]

    follow_up = client.post(f"@parvis@{OURS} Merci {mark} bis", in_reply_to_id=read[0]["id"], visibility="public")
    assert hear(network, access, f"{mark} bis").parent_ref == receipt.native_id
    assert follow_up["in_reply_to_id"] == read[0]["id"]


def test_a_private_message_is_answered_in_private_once(network: Mastodon, access: Access, client: Account) -> None:
    mark = secrets.token_hex(4)
    client.post(f"@parvis@{OURS} Ma facture ? {mark}", visibility="direct")
    item = hear(network, access, mark)
    assert (item.kind, item.audience) == ("message", "private")

    outgoing = answer(item, f"La voici, entre nous. {mark}")
    receipt = network.send(access, outgoing)
    assert network.fetch_state(access, outgoing) == receipt
    read = until(lambda: heard_there(client, mark))
    assert [status["visibility"] for status in read] == ["private"]


def test_a_server_that_cannot_delete_is_not_taken_for_one_that_did(network: Mastodon, access: Access) -> None:
    outgoing = Outgoing(str(uuid.uuid4()), f"Ouvert ce lundi {secrets.token_hex(4)}", datetime.now(UTC))
    receipt = network.send(access, outgoing)
    with pytest.raises(errors.NotAble):
        network.delete(access, receipt.native_id)
    assert network.fetch_state(access, outgoing) == receipt


def test_a_lost_token_says_so(network: Mastodon, access: Access) -> None:
    lost = dict.fromkeys(access.secret, "0" * 32)
    with pytest.raises(errors.AuthExpired):
        network.fetch(Access(access.host, access.native_id, access.handle, lost), "")


def test_a_server_without_streaming_says_so(network: Mastodon, access: Access) -> None:
    with pytest.raises(errors.NotAble):
        next(network.stream(access, ""))
