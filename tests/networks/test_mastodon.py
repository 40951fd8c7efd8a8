"""Mastodon on a double, for streaming and faults that the real servers of the tests do not have."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from parvis.networks.mastodon import Mastodon
from parvis.wire import errors
from parvis.wire.contract import Access, Connected, Incoming, Limits, Outgoing
from tests.peers.accounts import Account, until
from tests.peers.mastodon import Mock


def as_access(connected: Connected) -> Access:
    return Access(connected.host, connected.native_id, connected.handle, connected.secret)


def write(text: str, reply_to: Incoming | None = None, **more: str) -> Outgoing:
    reply_ref = dict(reply_to.reply_ref) if reply_to else {}
    return Outgoing(str(uuid.uuid4()), text, datetime.now(UTC), reply_ref, **more)  # type: ignore[arg-type]


def hear(access: Access, cursor: str, wanted: str) -> tuple[Incoming, str]:
    """The item whose text has the wanted words, and the cursor after it."""
    found: list[tuple[Incoming, str]] = []

    def look() -> bool:
        batch = Mastodon().fetch(access, cursor)
        found.extend((item, batch.cursor) for item in batch.items if wanted in item.text)
        return bool(found)

    assert until(look), f"not heard: {wanted}"
    return found[0]


@pytest.fixture
def desk(mastodon_mock: Mock) -> Access:
    return as_access(Mastodon().prove(mastodon_mock.url, mastodon_mock.token))


@pytest.fixture
def passer(mastodon_mock: Mock) -> Account:
    name = f"client{uuid.uuid4().hex[:6]}"
    made = mastodon_mock.control("dev_user", username=name)
    return Account(mastodon_mock.url.removeprefix("http://"), name, "", made["access_token"])


@pytest.mark.real
def test_a_mention_is_the_same_item_streamed_and_polled(desk: Access, passer: Account) -> None:
    network = Mastodon()
    assert desk.secret["streaming"]
    with ThreadPoolExecutor(1) as pool:
        streamed = pool.submit(lambda: next(network.stream(desk, "")))
        assert until(lambda: passer.post("@testuser bonjour") and streamed.done())
        batch = streamed.result(timeout=20)
    (item,) = batch.items
    assert item in network.fetch(desk, "").items


@pytest.mark.real
def test_too_many_calls_tell_when_to_go_on(desk: Access, mastodon_mock: Mock) -> None:
    headers = {"X-RateLimit-Reset": "2030-01-01T00:00:00Z"}
    mastodon_mock.control("faults", effect={"type": "ratelimit", "headers": headers}, count=1)
    with pytest.raises(errors.RateLimited) as raised:
        Mastodon().fetch(desk, "")
    assert raised.value.until == datetime(2030, 1, 1, tzinfo=UTC)


@pytest.mark.real
def test_sent_twice_under_one_key_shows_once(desk: Access, passer: Account) -> None:
    network = Mastodon()
    asked = passer.post("@testuser encore là ?")
    heard, _ = hear(desk, "", "encore là ?")
    answer = write("Oui.", heard)
    assert network.send(desk, answer).native_id == network.send(desk, answer).native_id
    written = passer.call("GET", f"/api/v1/accounts/{desk.native_id}/statuses")
    assert [status["in_reply_to_id"] for status in written] == [asked["id"]]
    assert network.fetch_state(desk, answer) is not None


@pytest.mark.real
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, errors.AuthExpired), (403, errors.PermissionMissing), (404, errors.Gone), (410, errors.Gone),
        (422, errors.Rejected), (500, errors.Uncertain), (502, errors.Uncertain), (503, errors.Transient),
    ],
)  # fmt: skip
def test_each_fault_of_a_post_has_its_name(
    desk: Access, mastodon_mock: Mock, status: int, kind: type[errors.NetworkError]
) -> None:
    rule = {"match": {"path": "/api/v1/statuses"}, "effect": {"type": "status", "status": status}, "count": 1}
    mastodon_mock.control("faults", **rule)
    with pytest.raises(kind) as raised:
        Mastodon().send(desk, write("Bonjour"))
    assert raised.value.status == status


def test_a_link_is_flat_and_a_remote_name_is_its_local_part() -> None:
    limits = Limits(max_length=500, url_length=23, local_handle_only=True)
    measure = Mastodon().measure
    assert measure("https://exemple.fr/" + "a" * 300, limits).length == 23
    assert measure("@client@un-tres-long-serveur.exemple.fr oui", limits).length == len("@client oui")
    assert measure("x" * 500, limits).fits
    assert not measure("x" * 501, limits).fits
