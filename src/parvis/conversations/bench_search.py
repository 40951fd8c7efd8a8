"""Measures search inside a firm at a million messages, common words and rare ones, another firm beside it."""

import random
import time
from typing import Any
from urllib.parse import urlencode

from django.db import connection

from parvis.conversations.bench_inbox import PATH, get_page, sign_in
from parvis.conversations.crowd import fill_box, fill_index, make_words, open_crowded_firm, write_texts
from parvis.conversations.search import find_messages
from parvis.lib.text import search_terms
from parvis.lib.trial import at_most, find_percentile, time_ms

FULL, QUICK = 1_000_000, 20_000
TURNS = 150
BOUND_MS = 50.0


def ask(texts: list[list[str]], chance: random.Random, turns: int) -> list[str]:
    """What people look for: one, two or three words of one text; now and then a word that is nowhere."""
    asked = [" ".join(chance.sample(chance.choice(texts), 1 + number % 3)) for number in range(turns)]
    return ["xylophonique" if number % 20 == 19 else text for number, text in enumerate(asked)]


def time_one_word(asked: list[str]) -> float:
    """The limit beside: the index asked for the first word alone, whole, in any firm."""
    with connection.cursor() as cursor:
        return find_percentile(
            [
                time_ms(
                    lambda term=term: cursor.execute(  # type: ignore[misc]  # bound now, called now
                        "SELECT rowid FROM message_words WHERE message_words MATCH %s ORDER BY rowid DESC LIMIT 50",
                        [f'words:"{term}"'],
                    ).fetchall()
                )
                for term in (search_terms(text)[0] for text in asked)
            ],
            95,
        )


def rows(*, quick: bool) -> list[dict[str, Any]]:
    """The rows of bench `search`."""
    count = QUICK if quick else FULL
    chance = random.Random(5)  # noqa: S311  # made-up words, not a secret
    words = make_words(chance)
    started = time.perf_counter()
    member, other = open_crowded_firm("crowd"), open_crowded_firm("beside")
    texts = list(write_texts(words, count, chance))
    fill_index(other.firm_id, fill_box(other, count // 20), iter(texts[: count // 20]))
    fill_index(member.firm_id, fill_box(member, count), iter(texts))
    loaded_s = time.perf_counter() - started
    asked = ask(texts[:5000], chance, 40 if quick else TURNS)
    client = sign_in(member)
    get_page(client, f"{PATH}?{urlencode({'q': asked[0]})}")
    found = [time_ms(lambda text=text: find_messages(member.firm_id, text)) for text in asked]  # type: ignore[misc]  # bound now, called now
    pages = [time_ms(lambda text=text: get_page(client, f"{PATH}?{urlencode({'q': text})}")) for text in asked]  # type: ignore[misc]  # bound now, called now
    worst = asked[found.index(max(found))]
    hits = sum(bool(find_messages(member.firm_id, text)) for text in asked)
    beside = f"{count:,} messages, loaded in {loaded_s:.0f} s; {hits} of {len(asked)} found something; median {find_percentile(found, 50):.1f}, worst {max(found):.1f} ms ({len(worst.split())} words); one whole word alone p95 {time_one_word(asked):.1f} ms"
    return [
        at_most("search in the index p95", find_percentile(found, 95), "ms", BOUND_MS, beside),
        at_most("page of what is found, server time p95", find_percentile(pages, 95), "ms", BOUND_MS),
    ]
