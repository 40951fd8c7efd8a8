"""What a failed try means, and that nothing is ever sent blind a second time."""

from datetime import UTC, datetime, timedelta

import pytest

from parvis.outbox import send
from parvis.outbox.models import Delivery
from parvis.wire import errors
from parvis.wire.contract import Access, Outgoing, Receipt

NOW = datetime(2026, 11, 25, 10, tzinfo=UTC)
ACCESS = Access("https://x.test", "me", "me")


class Fickle:
    """A network that behaves: it keeps what it took, and may lose its answer."""

    def __init__(self, *, loses_answer: bool = False, is_deaf: bool = False) -> None:
        self.shown: list[str] = []
        self._loses_answer = loses_answer
        self._is_deaf = is_deaf

    def send(self, access: Access, outgoing: Outgoing) -> Receipt:
        self.shown.append(outgoing.op_key)
        if self._loses_answer:
            raise errors.Uncertain("the answer was lost")
        return Receipt("id")

    def fetch_state(self, access: Access, outgoing: Outgoing) -> Receipt | None:
        if self._is_deaf:
            raise errors.Transient("cannot look now")
        return Receipt("id") if outgoing.op_key in self.shown else None


def make_delivery(attempts: int = 1) -> Delivery:
    return Delivery(text="Bonjour", written_at=NOW, attempts=attempts)


def test_a_lost_answer_is_looked_for_and_never_sent_again() -> None:
    network, delivery = Fickle(loses_answer=True), make_delivery()
    first = send.attempt(network, ACCESS, delivery, may_have_left=False, now=NOW)  # type: ignore[arg-type]
    assert first.state == Delivery.State.SENDING
    assert first.again_at is not None
    second = send.attempt(network, ACCESS, delivery, may_have_left=True, now=NOW)  # type: ignore[arg-type]
    assert (second.state, len(network.shown)) == (Delivery.State.SENT, 1)


def test_a_network_that_cannot_be_looked_at_gets_no_second_text() -> None:
    network, delivery = Fickle(loses_answer=True, is_deaf=True), make_delivery()
    send.attempt(network, ACCESS, delivery, may_have_left=False, now=NOW)  # type: ignore[arg-type]
    for attempts in range(2, send.MAX_ATTEMPTS + 1):
        delivery.attempts = attempts
        send.attempt(network, ACCESS, delivery, may_have_left=True, now=NOW)  # type: ignore[arg-type]
    assert len(network.shown) == 1


def test_what_stays_unknown_goes_to_a_person() -> None:
    assert send.judge(errors.Uncertain("?"), send.MAX_ATTEMPTS, NOW).state == Delivery.State.UNCERTAIN


@pytest.mark.parametrize(
    "error", [errors.Rejected("too long"), errors.AuthExpired(), errors.Gone(), errors.WindowClosed(), errors.NotAble()]
)
def test_what_cannot_be_mended_by_waiting_fails_at_once(error: errors.NetworkError) -> None:
    outcome = send.judge(error, 1, NOW)
    assert (outcome.state, outcome.again_at) == (Delivery.State.FAILED, None)


def test_a_limit_is_waited_for_until_the_moment_told() -> None:
    until = NOW + timedelta(minutes=7)
    assert send.judge(errors.RateLimited("slow", until=until), 1, NOW).again_at == until


def test_passing_faults_back_off_then_are_told() -> None:
    waits = [send.judge(errors.Transient(), n, NOW).again_at for n in range(1, send.MAX_ATTEMPTS)]
    assert all(one is not None for one in waits)
    assert waits == sorted(waits)  # type: ignore[type-var]
    assert send.judge(errors.Transient(), send.MAX_ATTEMPTS, NOW).state == Delivery.State.FAILED
