"""Notes from the counter: a body in, one item out, the same however often the phone sends it; what must not lie about is masked by intake."""

import json

import pytest
from django.utils import timezone

from parvis.desk.counter import get_counter
from parvis.firm.models import Member
from parvis.intake.models import Mention
from parvis.intake.store import store
from parvis.networks.counter import Counter
from parvis.wire import errors

KEY = "3f2b6c1e-7a4d-4a55-9d3c-1b2f3a4c5d6e"


def make_note(**fields: object) -> bytes:
    note = {"id": KEY, "text": "On cherche un vélo d'enfant", "said_at": "2026-11-25T09:00:00+01:00", **fields}
    return json.dumps({name: value for name, value in note.items() if value is not None}).encode()


def test_a_note_is_internal_and_keyed_by_the_phone() -> None:
    (item,) = Counter().receive(make_note(who="Mme Petit"), {}).items
    assert (item.native_id, item.kind, item.audience) == (KEY, "note", "internal")
    assert item.author is not None
    assert item.author.name == "Mme Petit"
    assert item.raw == {}


def test_the_key_is_the_same_however_the_phone_writes_it() -> None:
    (item,) = Counter().receive(make_note(id=KEY.upper()), {}).items
    assert item.native_id == KEY


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"null", b"\xff", make_note(id="x"), make_note(id=None), make_note(id=7), make_note(text="  "),
     make_note(said_at="hier"), make_note(said_at="2026-11-25T09:00:00"), make_note(said_at=None)],
)  # fmt: skip
def test_a_body_that_is_no_note_is_refused(body: bytes) -> None:
    with pytest.raises(errors.Rejected):
        Counter().receive(body, {})


def test_a_note_sent_twice_is_one_and_its_telephone_number_is_covered(owner: Member) -> None:
    channel = get_counter(owner.firm)
    batch = Counter().receive(make_note(text="Rappeler Jean au 06 12 34 56 78"), {})
    for _ in range(2):
        store(channel, batch.items, Counter.policy, now=timezone.now())
    mention = Mention.objects.get(channel=channel)
    assert "34 56" not in mention.text
    assert mention.masked == ["phone"]
