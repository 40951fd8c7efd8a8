"""Intake keeps one truth: whatever the order and the repetition of arrivals, the store is the same."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from parvis.channels.models import Channel
from parvis.firm.people import NewPerson, open_firm
from parvis.intake.models import Mention, MentionVersion
from parvis.intake.store import store
from parvis.wire.contract import Author, Incoming, Policy

NOW = datetime(2026, 11, 25, 10, tzinfo=UTC)


def tell(native_id: str, version: int) -> Incoming:
    """One item at one version; version 9 is its deletion."""
    if version == 9:
        return Incoming(native_id=native_id, kind="post", state="deleted")
    return Incoming(
        native_id=native_id,
        kind="mention",
        version=f"v{version}",
        author=Author("did:x", "marie", "Marie"),
        text=f"{native_id} dit {version}, 06 12 34 56 78",
        created_at=NOW - timedelta(minutes=version),
        raw={"text": "06 12 34 56 78"},
    )


ARRIVALS = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from([1, 2, 3, 9])), min_size=1, max_size=8)


def make_channel() -> Channel:
    owner = open_firm("Maison", owner=NewPerson("a@b.test", "", "Ada"), now=NOW)
    return Channel.objects.create(firm=owner.firm, network="bluesky", native_id="did:us")


def read_store(channel: Channel) -> dict[str, Any]:
    rows = Mention.objects.filter(channel=channel)
    versions = MentionVersion.objects.filter(mention__channel=channel)
    return {
        "rows": sorted(rows.values_list("native_id", "state", "version", "text", "author_name", "kind", "audience")),
        "versions": sorted(versions.values_list("mention__native_id", "version", "text")),
        "raw": sorted(str(raw) for raw in rows.values_list("raw", flat=True)),
    }


class AnyOrder(TestCase):
    """Each example runs in a transaction of its own."""

    @settings(max_examples=60, deadline=None)
    @given(arrivals=ARRIVALS, data=st.data())
    def test_any_interleaving_and_repetition_leave_the_same_store(self, arrivals: list[Any], data: Any) -> None:
        one, other = (
            make_channel(),
            Channel.objects.create(
                firm=open_firm("Autre", owner=NewPerson("c@d.test", "", "Bea"), now=NOW).firm,
                network="bluesky",
                native_id="x",
            ),
        )
        store(one, [tell(*arrival) for arrival in arrivals], Policy(), now=NOW)
        again = data.draw(st.lists(st.sampled_from(arrivals), max_size=6))
        shuffled = data.draw(st.permutations([*arrivals, *again]))
        for arrival in shuffled:
            store(other, [tell(*arrival)], Policy(), now=NOW)
        assert read_store(one) == read_store(other)

    @settings(max_examples=30, deadline=None)
    @given(arrivals=ARRIVALS)
    def test_a_deletion_leaves_neither_text_nor_author_nor_version(self, arrivals: list[Any]) -> None:
        channel = make_channel()
        store(channel, [*(tell(*a) for a in arrivals), *(tell(name, 9) for name in "abc")], Policy(), now=NOW)
        rows = Mention.objects.filter(channel=channel)
        assert {(r.state, r.text, r.author_name, r.author_id_there, str(r.raw)) for r in rows} == {
            ("deleted", "", "", "", "{}")
        }
        assert not MentionVersion.objects.filter(mention__channel=channel).exists()

    def test_numbers_are_masked_in_text_and_versions_and_raw_is_dropped(self) -> None:
        channel = make_channel()
        store(channel, [tell("a", 1), tell("a", 2)], Policy(), now=NOW)
        assert "06 12" not in str(read_store(channel))
        assert Mention.objects.get().masked == ["phone"]

    def test_a_policy_that_keeps_no_text_keeps_none(self) -> None:
        channel = make_channel()
        store(channel, [tell("a", 1)], Policy(may_store_text=False), now=NOW)
        row = Mention.objects.get()
        assert (row.text, row.html, row.raw) == ("", "", {})
