"""Each peer boots and does what other tests ask of it, so that a failure elsewhere is not the peer's."""

import json
import re
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
import xmlrpc.client
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psycopg
import pytest

from tests.peers import fixtures, snac
from tests.peers.accounts import until
from tests.peers.bluesky import Network
from tests.peers.mastodon import Mock
from tests.peers.missing import MissingPeer
from tests.peers.wordpress import Blog

real = pytest.mark.real
ROOT = Path(__file__).parents[2]


@real
def test_bluesky_shows_a_mention_its_reply_and_its_deletion(bluesky_full: Network) -> None:
    shop, customer = bluesky_full.make_person("atelier"), bluesky_full.make_person("cliente")
    asked = customer.post(f"Bonjour @{shop.handle}, vous livrez à Vannes ?", mention=shop)

    def list_mentions() -> list[str]:
        listed = shop.call("GET", "app.bsky.notification.listNotifications")["notifications"]
        return [note["uri"] for note in listed if note["reason"] == "mention"]

    assert until(list_mentions) == [asked["uri"]]
    answered = shop.reply("Oui, dès jeudi.", asked)
    replies = until(lambda: customer.read_replies(asked["uri"]))
    assert [reply["post"]["uri"] for reply in replies] == [answered["uri"]]
    shop.delete(answered["uri"])
    assert until(lambda: not customer.read_replies(asked["uri"]))
    assert shop.list_posts() == []


@real
def test_after_process_all_the_appview_knows_every_post(bluesky_full: Network) -> None:
    if not bluesky_full.may_process_all():
        pytest.skip("this Bluesky was not started by tests.peers: stop it, and the tests start their own")
    person = bluesky_full.make_person("pressee")
    written = person.post("Déjà indexé ?")
    bluesky_full.process_all()
    assert person.read_thread(written["uri"])["post"]["uri"] == written["uri"]


@real
def test_a_pds_alone_keeps_posts_but_has_no_notifications(bluesky_pds: Network) -> None:
    person = bluesky_pds.make_person("seule")
    written = person.post("Ouvert demain.")
    assert [post["uri"] for post in person.list_posts()] == [written["uri"]]
    with pytest.raises(urllib.error.HTTPError) as refused:
        person.call("GET", "app.bsky.notification.listNotifications")
    assert refused.value.code >= 500


@real
def test_the_fediverse_pair_federates_and_keeps_a_private_message_private(snac_pair: snac.Pair) -> None:
    shop, customer = (snac_pair.sign_in(host, snac.USERS[host][0]) for host in snac.HOSTS)
    words = f"vos horaires demain ? {customer.token[:8]}"

    def find_mention() -> list[dict[str, object]]:
        return [note["status"] for note in shop.list_notifications("mention") if words in note["status"]["content"]]

    asked = customer.post(f"@{shop.address} {words}", visibility="direct")
    seen = until(find_mention)
    assert [status["visibility"] for status in seen] in (["private"], ["direct"])
    shop.post(f"@{customer.address} de 9 h à 18 h", visibility="direct", in_reply_to_id=seen[0]["id"])
    replies = until(lambda: customer.read_thread(asked["id"])["descendants"])
    assert ["9 h" in reply["content"] for reply in replies] == [True]


class Page(BaseHTTPRequestHandler):
    """A page of ours that announces where pingbacks go, and takes them."""

    pinged: list[tuple[str, str]] = []

    def do_HEAD(self) -> None:
        self._answer(b"", "text/html")

    def do_GET(self) -> None:
        self._answer(b"<title>Nos ateliers</title><p>Bonjour", "text/html")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        (source, target), _ = xmlrpc.client.loads(body)
        self.pinged.append((str(source), str(target)))
        self._answer(xmlrpc.client.dumps(("ok",), methodresponse=True).encode(), "text/xml")

    def _answer(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("X-Pingback", f"http://{self.headers['Host']}/pingback")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """The test run's output is not the place for requests."""


@contextmanager
def serve_page() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/ateliers"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@real
def test_wordpress_publishes_pings_serves_its_feed_and_deletes(wordpress: Blog) -> None:
    with serve_page() as target:
        article = wordpress.publish(
            "Un atelier près de chez nous", f'<p>Voyez <a href="{target}">les ateliers</a>.</p>'
        )
    assert (article["link"], target) in Page.pinged
    with urllib.request.urlopen(f"{wordpress.url}/feed/", timeout=20) as feed:
        assert article["link"] in feed.read().decode()
        etag = feed.headers["ETag"]
    again = urllib.request.Request(f"{wordpress.url}/feed/", headers={"If-None-Match": etag})
    with pytest.raises(urllib.error.HTTPError, match="304"):
        urllib.request.urlopen(again, timeout=20)
    wordpress.delete(article["id"])
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(article["link"], timeout=20)


@real
def test_postgres_answers(postgres: str) -> None:
    with psycopg.connect(postgres) as connection:
        (version,) = connection.execute("SHOW server_version").fetchone() or ("",)
    assert re.match(r"1[5-9]", version)


def test_the_mastodon_double_answers_and_fails_on_demand(mastodon_mock: Mock) -> None:
    asked = urllib.request.Request(
        f"{mastodon_mock.url}/api/v1/accounts/verify_credentials",
        headers={"authorization": f"Bearer {mastodon_mock.token}"},
    )
    once = {"match": {"methods": ["GET"], "path": "/api/v1/accounts/verify_credentials"}, "count": 1}
    mastodon_mock.control("faults", **once, effect={"type": "ratelimit"})
    with pytest.raises(urllib.error.HTTPError, match="429"):
        urllib.request.urlopen(asked, timeout=10)
    with urllib.request.urlopen(asked, timeout=10) as reply:
        assert json.loads(reply.read())["username"] == "testuser"


@real
def test_a_peer_run_by_hand_says_that_it_is_ready_and_stops_on_sigterm(postgres: str) -> None:
    command = [sys.executable, "-m", "tests.peers", "postgres"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert json.loads(child.stdout.readline()) == {"ready": True, "name": "postgres", "url": postgres}
        child.send_signal(signal.SIGTERM)
        assert child.wait(20) == 0


@real
def test_a_command_runs_over_postgres_and_gives_its_exit_status(postgres: str) -> None:
    look = "import os, sys; sys.exit(7 if os.environ['PARVIS_DATABASE_URL'] == sys.argv[1] else 1)"
    command = [sys.executable, "-m", "tests.peers", "postgres", "--", sys.executable, "-c", look, postgres]
    assert subprocess.run(command, cwd=ROOT, check=False, capture_output=True).returncode == 7


@contextmanager
def start_nothing() -> Iterator[None]:
    raise MissingPeer("the peer is absent: apt-get install it")
    yield


def test_a_missing_peer_skips_with_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PARVIS_TEST_REAL", raising=False)
    with pytest.raises(pytest.skip.Exception, match="apt-get install it"):
        next(fixtures.use(start_nothing))


def test_a_missing_peer_fails_when_everything_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARVIS_TEST_REAL", "1")
    with pytest.raises(MissingPeer):
        next(fixtures.use(start_nothing))
