"""The outbox's promise: a sender killed outright at each step of a send shows each answer exactly once."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from parvis.lib.html import to_text
from parvis.networks.mastodon import Mastodon
from tests.networks.test_mastodon_real import agree
from tests.peers.bluesky import Network
from tests.peers.snac import HOSTS, Pair

pytestmark = pytest.mark.real
KILLS = 200


def run_killed(name: str, form: dict[str, str], folder: Path) -> dict[str, dict[str, int]]:
    env = {**os.environ, "PARVIS_TEST_DB": str(folder / "faults.sqlite3")}
    env.pop("PARVIS_DATABASE_URL", None)
    done = subprocess.run(
        [sys.executable, "-m", "tests.faults.killed_sender", str(KILLS), name, json.dumps(form)],
        env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    told: dict[str, dict[str, int]] = json.loads(done.stdout.splitlines()[-1])
    return told


def test_a_sender_killed_at_each_step_shows_each_answer_once_on_bluesky(bluesky_full: Network, tmp_path: Path) -> None:
    shop = bluesky_full.make_person("fautes")
    told = run_killed(
        "bluesky", {"host": bluesky_full.host, "handle": shop.handle, "app_password": shop.app_password()}, tmp_path
    )
    seen = Counter(post["value"]["text"] for post in shop.list_posts())
    assert sum(told["killed"].values()) >= KILLS // 2
    assert len(told["killed"]) == 6
    assert told["states"] == {"sent": KILLS // 4}
    assert dict(seen) == dict.fromkeys(told["texts"], 1)


def test_a_sender_killed_at_each_step_shows_each_answer_once_on_the_fediverse(snac_pair: Pair, tmp_path: Path) -> None:
    us = snac_pair.sign_in(HOSTS[0], "marie")
    form = agree(Mastodon(), snac_pair, user="marie")
    told = run_killed("mastodon", form, tmp_path)
    seen: Counter[str] = Counter()
    page: list[dict[str, Any]] = us.call(
        "GET", f"/api/v1/accounts/{us.call('GET', '/api/v1/accounts/verify_credentials')['id']}/statuses", limit="200"
    )
    seen.update(to_text(status["content"]) for status in page)
    assert sum(told["killed"].values()) >= KILLS // 2
    assert len(told["killed"]) == 6
    assert told["states"] == {"sent": KILLS // 4}
    assert {text: seen[text] for text in told["texts"]} == dict.fromkeys(told["texts"], 1)
