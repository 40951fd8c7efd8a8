"""Measures the box at a million conversations: the real page, the first one and one near the end."""

import time
from datetime import UTC
from typing import Any
from urllib.parse import urlencode

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from parvis.conversations.crowd import fill_box, open_crowded_firm
from parvis.conversations.models import Conversation
from parvis.conversations.queries import PAGE, Mark, list_view
from parvis.firm.models import Member
from parvis.lib.trial import at_most, find_percentile, time_ms

FULL, QUICK = 1_000_000, 20_000
TURNS = 100
PATH = "/boite/team/"
BOUND_MS, DEEP_RATIO = 60.0, 1.3


class WrongPage(Exception):
    """The page measured is not the page meant."""


def sign_in(member: Member) -> Client:
    client = Client(SERVER_NAME="localhost")
    client.force_login(member.user)
    return client


def get_page(client: Client, path: str) -> bytes:
    reply = client.get(path)
    if reply.status_code != 200:
        raise WrongPage(f"{path}: {reply.status_code}")
    return bytes(reply.content)


def find_deep_mark(member: Member, share: float) -> Mark:
    """The mark of the line at that share of the view."""
    rows = list_view(member.firm, member, "team")
    at, pk = rows.values_list("last_at", "pk")[int(rows.count() * share)]
    return Mark(at.astimezone(UTC), pk)


def count_queries(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as seen:
        get_page(client, path)
    return len(seen)


def time_pages(client: Client, first: str, deep: str, turns: int) -> tuple[list[float], list[float]]:
    """Milliseconds of both pages, taken in turn so that a busy moment touches both."""
    timings = [
        (time_ms(lambda: get_page(client, first)), time_ms(lambda: get_page(client, deep))) for _ in range(turns)
    ]
    return [one for one, _ in timings], [two for _, two in timings]


def time_cpu(client: Client, turns: int) -> float:
    """CPU milliseconds of the first page: what it takes when nothing else wants the machine."""
    started = time.process_time()
    for _ in range(turns):
        get_page(client, PATH)
    return 1000 * (time.process_time() - started) / turns


def time_bare(member: Member) -> float:
    """The limit beside: the same rows by their index, nothing drawn."""
    sql, values = list_view(member.firm, member, "team")[: PAGE + 1].query.sql_with_params()
    with connection.cursor() as cursor:
        return find_percentile([time_ms(lambda: cursor.execute(sql, values).fetchall()) for _ in range(TURNS)], 95)


def rows(*, quick: bool) -> list[dict[str, Any]]:
    """The rows of bench `inbox`."""
    count = QUICK if quick else FULL
    member = open_crowded_firm("presque-vide")
    few = sign_in(member)
    fill_box(member, PAGE + 10)
    queries_few = count_queries(few, PATH)
    crowded = open_crowded_firm("crowd")
    started = time.perf_counter()
    fill_box(crowded, count)
    loaded_s = time.perf_counter() - started
    client = sign_in(crowded)
    deep = f"{PATH}?{urlencode({'before': str(find_deep_mark(crowded, 0.9))})}"
    if get_page(client, PATH).count(b'id="line-') != PAGE:
        raise WrongPage("the first page is not full")
    firsts, deeps = time_pages(client, PATH, deep, 30 if quick else TURNS)
    queries = {count_queries(client, PATH), count_queries(client, deep)}
    first_95, deep_95 = find_percentile(firsts, 95), find_percentile(deeps, 95)
    median_ratio = find_percentile(deeps, 50) / find_percentile(firsts, 50)
    cpu_ms = time_cpu(client, 20)
    size = f"{Conversation.objects.filter(firm=crowded.firm).count():,} conversations"
    return [
        at_most("page of 50 lines, server time p95", first_95, "ms", BOUND_MS, f"{size}, loaded in {loaded_s:.0f} s; median {find_percentile(firsts, 50):.1f} ms, of CPU {cpu_ms:.1f}; bare rows p95 {time_bare(crowded):.2f} ms"),
        at_most("deep page (nine tenths down), server time p95", deep_95, "ms", BOUND_MS),
        at_most("deep page / first page, medians", median_ratio, "x", DEEP_RATIO),
        at_most("queries a page", max(queries), "queries", queries_few, f"the bound is a box of {PAGE + 10} lines in the same run"),
    ]  # fmt: skip
