"""Proposes who can answer and records what becomes of it; learns only from accepted picks, hand-overs and thanks."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Q

from parvis.conversations.acts import hold
from parvis.conversations.models import Conversation, Message
from parvis.conversations.thread import tell
from parvis.firm.models import Firm, Member
from parvis.firm.people import audit
from parvis.routing.encode import Encoder, Vector
from parvis.routing.models import Assignment, Expertise
from parvis.routing.rank import Index, Knower, Ranking, Readiness, build_index, rank

SHOWN = 3
_EXAMPLES_KEPT = 200


def set_expertise(member: Member, *, topics: Sequence[str], samples: Sequence[str]) -> None:
    """Replace what a member says they answer well; what was learned from answers stays."""
    Expertise.objects.filter(member=member).exclude(kind=Expertise.Kind.EXAMPLE).delete()
    said = [(Expertise.Kind.TOPIC, topics[:6]), (Expertise.Kind.SAMPLE, samples[:2])]
    Expertise.objects.bulk_create(
        [
            Expertise(firm_id=member.firm_id, member=member, kind=kind, text=text.strip()[:300])
            for kind, texts in said
            for text in texts
            if text.strip()
        ]
    )


def list_knowers(firm: Firm, *, now: datetime) -> list[Knower]:
    """What is known of each present member, for ranking. No role, no title."""
    members = firm.members.filter(left_at=None).annotate(
        open_items=Count("held", filter=Q(held__state=Conversation.State.OPEN))
    )
    told: dict[int, dict[str, list[str]]] = {}
    weights: dict[int, list[float]] = {}
    for row in Expertise.objects.filter(firm=firm).order_by("-id").values("member_id", "kind", "text", "weight"):
        kinds = told.setdefault(row["member_id"], {"topic": [], "sample": [], "example": []})
        if row["kind"] == "example" and len(kinds["example"]) >= _EXAMPLES_KEPT:
            continue
        kinds[row["kind"]].append(row["text"])
        if row["kind"] == "example":
            weights.setdefault(row["member_id"], []).append(row["weight"])
    nothing: dict[str, list[str]] = {"topic": [], "sample": [], "example": []}
    return [
        Knower(
            id=member.pk,
            topics=tuple(reversed(told.get(member.pk, nothing)["topic"])),
            samples=tuple(reversed(told.get(member.pk, nothing)["sample"])),
            examples=tuple(zip(told.get(member.pk, nothing)["example"], weights.get(member.pk, []), strict=True)),
            available=member.away_until is None or member.away_until <= now,
            open_items=member.open_items,
        )
        for member in members.order_by("id")
    ]


def make_index(
    firm: Firm, encoder: Encoder | None, *, known: Mapping[str, Vector] | None = None, now: datetime
) -> Index:
    """What ranking needs of a firm; `known` holds the vectors of an earlier index, which are not made again."""
    return build_index(list_knowers(firm, now=now), encoder, known=known)


def read_readiness(firm: Firm, *, now: datetime) -> dict[int, Readiness]:
    """Who is there now and how much each holds, read at the message."""
    members = firm.members.filter(left_at=None).annotate(
        open_items=Count("held", filter=Q(held__state=Conversation.State.OPEN))
    )
    return {
        member.pk: Readiness(
            is_available=member.away_until is None or member.away_until <= now, open_items=member.open_items
        )
        for member in members
    }


def find_question(conversation: Conversation) -> str:
    """The person's words to route by: their last turn, with the one before when it is short."""
    texts = list(
        conversation.messages.filter(way=Message.Way.IN).order_by("-at", "-id").values_list("text", flat=True)[:2]
    )
    return " ".join(reversed(texts)) if len(texts) == 2 and len(texts[0]) < 60 else (texts[0] if texts else "")


def rank_conversation(conversation: Conversation, index: Index, encoder: Encoder | None, *, now: datetime) -> Ranking:
    readiness = read_readiness(conversation.firm, now=now)
    return rank(find_question(conversation), index, encoder, readiness=readiness)


@transaction.atomic
def propose(conversation: Conversation, ranking: Ranking, *, now: datetime) -> list[Assignment]:
    """Show one to three people with the reason. Nobody is disturbed by it; who passed is not proposed again."""
    passed = set(conversation.assignments.filter(state=Assignment.State.PASSED).values_list("member_id", flat=True))
    conversation.assignments.filter(state=Assignment.State.SHOWN).delete()
    kept = set(conversation.assignments.values_list("member_id", flat=True))
    wanted = [s for s in ranking.suggestions if s.member_id not in passed | kept][:SHOWN]
    rows = Assignment.objects.bulk_create(
        [
            Assignment(
                firm_id=conversation.firm_id,
                conversation=conversation,
                member_id=suggestion.member_id,
                state=Assignment.State.SHOWN,
                place=place,
                score=suggestion.score,
                reason_kind=suggestion.reason.kind,
                reason=suggestion.reason.text[:300],
                reason_count=suggestion.reason.count,
                at=now,
            )
            for place, suggestion in enumerate([] if ranking.nobody_obvious else wanted, 1)
        ]
    )
    tell(conversation.firm_id, conversation.pk, now=now)
    return rows


@transaction.atomic
def hand_over(conversation: Conversation, to: Member, by: Member, *, now: datetime) -> None:
    """One tap gives the line to a colleague; a strong sign that they know. Taking it oneself says nothing yet."""
    Assignment.objects.update_or_create(
        conversation=conversation,
        member=to,
        defaults={"firm_id": conversation.firm_id, "given_by": by, "state": Assignment.State.HELD, "at": now},
    )
    hold(conversation, to, now=now)
    if to.pk != by.pk:
        _learn(conversation, to, weight=1.0)
    audit(conversation.firm, by, "conversation.handed_over", f"{conversation.pk} -> {to.pk}")


@transaction.atomic
def pass_on(conversation: Conversation, member: Member, *, now: datetime) -> Member | None:
    """« Pas moi »: at once to the next person proposed, no reason asked; nobody left means the line is free."""
    Assignment.objects.update_or_create(
        conversation=conversation,
        member=member,
        defaults={"firm_id": conversation.firm_id, "state": Assignment.State.PASSED, "at": now},
    )
    following = (
        conversation.assignments.filter(state=Assignment.State.SHOWN, member__left_at=None)
        .exclude(member=member)
        .select_related("member")
        .order_by("place", "id")
        .first()
    )
    if following is None:
        hold(conversation, None, now=now)
        return None
    following.state = Assignment.State.HELD
    following.save(update_fields=["state"])
    hold(conversation, following.member, now=now)
    return following.member


def accept_pick(conversation: Conversation, member: Member) -> None:
    """The member proposed did answer: the pick was accepted. A bare answer by somebody else teaches nothing."""
    accepted = conversation.assignments.filter(
        member=member, state__in=[Assignment.State.SHOWN, Assignment.State.HELD]
    ).update(state=Assignment.State.DONE)
    if accepted:
        _learn(conversation, member, weight=1.0)


def _learn(conversation: Conversation, member: Member, *, weight: float) -> None:
    text = find_question(conversation)
    if text and not Expertise.objects.filter(member=member, conversation=conversation).exists():
        Expertise.objects.create(
            firm_id=conversation.firm_id,
            member=member,
            kind=Expertise.Kind.EXAMPLE,
            text=text[:1200],
            weight=weight,
            conversation=conversation,
        )
