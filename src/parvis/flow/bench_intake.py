"""Measures intake on its own database: a steady stream while three members use the desk, then a burst beside a bare insert."""

import multiprocessing
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import OperationalError, connections, transaction
from django.utils import timezone

from parvis.channels.models import Channel
from parvis.conversations import acts
from parvis.conversations.crowd import fill_box, open_crowded_firm
from parvis.conversations.models import Conversation
from parvis.firm.models import Member
from parvis.intake.models import Mention, MentionVersion
from parvis.intake.store import describe, store
from parvis.lib.trial import at_least, at_most, find_percentile
from parvis.replies.answer import save_draft
from parvis.wire.contract import Author, Incoming, Policy

OFFERED, BATCH = 550, 50
SECONDS, SECONDS_QUICK = 10.0, 2.0
WRITERS, PAUSE_S = 3, 0.05
BURST, BURST_QUICK, TURNS = 5_000, 1_000, 5
BOUND_RATE, BOUND_P99_MS, BOUND_SHARE = 500, 20.0, 50.0
POLICY = Policy()
_TEXTS = (
    "Bonjour, mon dérailleur saute depuis la révision de samedi, c’est réglable à la maison ou faut-il repasser ?",
    "Est-ce que vous faites aussi les vélos cargo ? Mon numéro : 06 12 34 56 78, merci d’avance",
    "Bravo à toute l’équipe pour l’accueil, on reviendra ! @cyclesligerien",
    "Toujours rien reçu, commande passée il y a trois semaines… https://exemple.test/commande/4512",
)


def write_items(first: int, count: int) -> list[Incoming]:
    """Items as a network brings them: text, markup, an author, a few with a telephone number."""
    return [
        Incoming(
            native_id=f"at://did:plc:{n % 5000}/app.post/{n}",
            kind="mention",
            version=f"bafy{n}",
            native_url=f"https://exemple.test/{n}",
            author=Author(native_id=f"did:plc:{n % 5000}", handle=f"personne{n % 5000}.test", name=f"Personne {n}"),
            text=_TEXTS[n % len(_TEXTS)],
            html=f"<p>{_TEXTS[n % len(_TEXTS)]}</p>" if n % 2 else "",
            lang="fr",
            reply_ref={"uri": f"at://{n}", "cid": f"bafy{n}"},
            created_at=datetime(2026, 1, 1, tzinfo=UTC),
            raw={"uri": f"at://{n}", "record": {"text": _TEXTS[n % len(_TEXTS)]}},
        )
        for n in range(first, first + count)
    ]


def use_desk(member: Member, lines: Sequence[int], ends: float, results: Any) -> None:
    """One colleague in a process of their own: takes, puts off, reopens, writes; reports timings and lock errors."""
    connections.close_all()
    for turn in range(4):
        _act(turn, Conversation.objects.get(pk=lines[0]), member, timezone.now())  # a desk that has served before
    timings: list[float] = []
    locked = turn = 0
    while time.monotonic() < ends:
        conversation = Conversation.objects.get(pk=lines[turn % len(lines)])
        now = timezone.now()
        started = time.perf_counter()
        try:
            _act(turn, conversation, member, now)
        except OperationalError:
            locked += 1
        timings.append(1000 * (time.perf_counter() - started))
        turn += 1
        time.sleep(PAUSE_S)
    results.put((timings, locked))


def _act(turn: int, conversation: Conversation, member: Member, now: datetime) -> None:
    if turn % 4 == 0:
        acts.hold(conversation, member, now=now)
    elif turn % 4 == 1:
        save_draft(conversation, member, f"Bonjour, voici où nous en sommes, point {turn}.")
    elif turn % 4 == 2:
        acts.put_off(conversation, None, now=now)
    else:
        acts.reopen(conversation, now=now)


def stream(channel: Channel, seconds: float) -> tuple[float, int]:
    """Store batches at the pace offered; return mentions a second over the whole and lock errors."""
    started = time.monotonic()
    done = locked = 0
    while (passed := time.monotonic() - started) < seconds:
        due = done / OFFERED
        if due > passed:
            time.sleep(due - passed)
        try:
            done += len(store(channel, write_items(done, BATCH), POLICY, now=timezone.now()).new)
        except OperationalError:
            locked += 1
    return done / (time.monotonic() - started), locked


def run_together(channel: Channel, member: Member, seconds: float) -> tuple[float, int, list[float]]:
    """The stream and the writers at once: rate, lock errors, the writers' milliseconds."""
    lines = list(Conversation.objects.filter(firm=member.firm).values_list("pk", flat=True)[:90])
    connections.close_all()
    forks = multiprocessing.get_context("fork")
    results = forks.SimpleQueue()
    ends = time.monotonic() + seconds
    writers = [forks.Process(target=use_desk, args=(member, lines[n::WRITERS], ends, results)) for n in range(WRITERS)]
    for writer in writers:
        writer.start()
    rate, locked = stream(channel, seconds)
    reports = [results.get() for _ in writers]
    for writer in writers:
        writer.join()
    timings = [one for found, _ in reports for one in found]
    return rate, locked + sum(count for _, count in reports), timings


def time_burst(channel: Channel, count: int, *, first: int) -> float:
    """Mentions a second when everything comes at once."""
    items = write_items(first, count)
    started = time.perf_counter()
    store(channel, items, POLICY, now=timezone.now())
    return count / (time.perf_counter() - started)


def time_bare(channel: Channel, count: int, *, first: int) -> float:
    """The same rows of both tables, made beforehand, by a bare `bulk_create` in one transaction."""
    now, items = timezone.now(), write_items(first, count)
    made = [
        Mention(
            firm_id=channel.firm_id,
            channel_id=channel.pk,
            network=channel.network,
            native_id=item.native_id,
            created_at=item.created_at or now,
            received_at=now,
            **describe(item, POLICY),
        )
        for item in items
    ]
    versions = [MentionVersion(version=row.version, text=row.text, seen_at=now) for row in made]
    started = time.perf_counter()
    with transaction.atomic():
        for row, version in zip(Mention.objects.bulk_create(made), versions, strict=True):
            version.mention_id = row.pk
        MentionVersion.objects.bulk_create(versions)
    return count / (time.perf_counter() - started)


def rows(*, quick: bool) -> list[dict[str, Any]]:
    """The rows of bench `intake`."""
    member = open_crowded_firm("crowd")
    fill_box(member, 1000)
    channel = Channel.objects.get(firm=member.firm)
    rate, locked, timings = run_together(channel, member, SECONDS_QUICK if quick else SECONDS)
    count = BURST_QUICK if quick else BURST
    pairs = [
        (
            time_burst(channel, count, first=10_000_000 * turn),
            time_bare(channel, count, first=10_000_000 * turn + count),
        )
        for turn in range(1, TURNS + 1)
    ]
    burst, bare = max(one for one, _ in pairs), max(two for _, two in pairs)
    p99 = find_percentile(timings, 99)
    return [
        at_least("mentions stored, sustained", rate, "a second", BOUND_RATE, f"{OFFERED} offered, three writers at the desk"),
        at_most("lock errors", locked, "errors", 0),
        at_most("writers' acts p99", p99, "ms", BOUND_P99_MS, f"{len(timings)} acts, median {find_percentile(timings, 50):.1f} ms"),
        at_least("burst, of a bare bulk_create of the same rows", 100 * burst / bare, "%", BOUND_SHARE, f"{burst:.0f} beside {bare:.0f} a second"),
    ]  # fmt: skip
