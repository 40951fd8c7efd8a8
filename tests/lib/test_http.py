"""What leaves and what comes back, judged against a real server on loopback that misbehaves in each known way."""

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.sync.server import ServerConnection, serve

from parvis.lib import http
from tests.lib.conftest import Server


def test_reply_is_decoded_by_its_charset(server: Server) -> None:
    reply = http.request("GET", server.url, params={"q": "é"})
    assert (reply.status, reply.text) == (200, "é")
    assert server.asked[0][1] == "/?q=%C3%A9"


def test_repeated_header_is_joined_and_body_read_as_json(server: Server) -> None:
    reply = http.request("GET", f"{server.url}/twice")
    assert reply.headers["link"] == "<a>, <b>"
    assert reply.json() == {"a": 1}


def test_body_nested_beyond_reason_is_a_value_error(server: Server) -> None:
    reply = http.request("GET", f"{server.url}/deep")
    with pytest.raises(ValueError, match="nested|Expecting"):
        reply.json()


def test_packed_body_is_unpacked(server: Server) -> None:
    assert http.request("GET", f"{server.url}/packed").text == "déjà"


def test_status_never_raises(server: Server) -> None:
    assert http.request("GET", f"{server.url}/refused").status == 401


@pytest.mark.parametrize("page", ["/bomb", "/endless"])
def test_body_is_cut_at_the_limit(server: Server, page: str) -> None:
    with pytest.raises(http.TooLarge):
        http.request("GET", server.url + page, max_bytes=100_000)


def test_endless_body_is_hung_up_on(server: Server) -> None:
    with pytest.raises(http.TooLarge):
        http.request("GET", f"{server.url}/endless", max_bytes=100_000)
    assert server.client_left.wait(5)


@pytest.mark.parametrize("page", ["/slow-body", "/slow-head"])
def test_dripping_answer_ends_at_the_deadline(server: Server, page: str) -> None:
    began = time.monotonic()
    with pytest.raises(http.Lost):
        http.request("GET", server.url + page, deadline_s=0.4)
    assert time.monotonic() - began < 2


@pytest.mark.parametrize("page", ["/hang-up", "/short"])
def test_request_that_left_without_a_whole_answer_is_lost(server: Server, page: str) -> None:
    with pytest.raises(http.Lost):
        http.request("POST", server.url + page, json={"text": "bonjour"})
    assert server.asked[0][0] == "POST"


def test_closed_port_is_unreachable(loopback: None) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(http.Unreachable):
            http.request("POST", f"http://127.0.0.1:{taken.getsockname()[1]}/", json={})


def test_server_without_tls_is_unreachable_and_sees_no_request(server: Server) -> None:
    with pytest.raises(http.Unreachable):
        http.request("POST", server.url.replace("http:", "https:"), json={})
    assert not server.asked


def test_type_that_is_not_accepted(server: Server) -> None:
    with pytest.raises(http.WrongType):
        http.request("GET", server.url, accept_types=("application/json",))
    assert http.request("GET", server.url, accept_types=("text/html",)).status == 200


def test_encoding_that_was_not_asked_for(server: Server) -> None:
    with pytest.raises(http.WrongType):
        http.request("GET", f"{server.url}/brotli")


def test_proxy_of_the_environment_is_ignored(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    http._client.cache_clear()
    assert http.request("GET", server.url).status == 200


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "place",
    ["http://10.0.0.1/", "http://169.254.169.254/latest/", "http://[::1]/", "http://[::ffff:10.0.0.1]/", "file:///etc/passwd",
     "http://u:p@127.0.0.1/", "http://[::1"],
)  # fmt: skip
def test_redirect_to_a_private_address_is_blocked(server: Server, status: int, place: str) -> None:
    server.place = place
    with pytest.raises(http.Blocked):
        http.request("GET", f"{server.url}/redirect/{status}")
    assert len(server.asked) == 1


def test_redirect_loop_ends(server: Server) -> None:
    server.place = "/redirect/302"
    with pytest.raises(http.Lost):
        http.request("GET", f"{server.url}/redirect/302")
    assert len(server.asked) == 4


def test_final_url_is_told(server: Server) -> None:
    server.place = "/end"
    assert http.request("GET", f"{server.url}/redirect/301").url == f"{server.url}/end"


SECRETS = {"Authorization": "Bearer s", "Cookie": "s=1", "X-Api-Key": "s", "Accept": "text/html"}


def test_secrets_stay_with_the_host_they_were_meant_for(server: Server, elsewhere: Server) -> None:
    server.place = f"{elsewhere.url}/end"
    http.request("GET", f"{server.url}/redirect/302", headers=SECRETS)
    got = elsewhere.asked[0][2]
    assert got["accept"] == "text/html"
    assert not {"authorization", "cookie", "x-api-key"} & got.keys()
    assert server.asked[0][2]["authorization"] == "Bearer s"


def test_secrets_follow_on_the_same_host(server: Server) -> None:
    server.place = "/end"
    http.request("GET", f"{server.url}/redirect/302", headers=SECRETS)
    assert server.asked[1][2]["authorization"] == "Bearer s"


@pytest.mark.parametrize("status", [301, 302])
def test_moved_post_comes_back_as_it_is(server: Server, status: int) -> None:
    server.place = "/end"
    assert http.request("POST", f"{server.url}/redirect/{status}", json={"a": 1}).status == status
    assert len(server.asked) == 1


def test_see_other_is_read_by_get_without_the_body(server: Server) -> None:
    server.place = "/end"
    assert http.request("POST", f"{server.url}/redirect/303", json={"a": 1}).status == 200
    assert [(asked[0], asked[3]) for asked in server.asked] == [("POST", b'{"a":1}'), ("GET", b"")]


@pytest.mark.parametrize("status", [307, 308])
def test_post_is_repeated_on_the_same_host_alone(server: Server, elsewhere: Server, status: int) -> None:
    server.place = "/end"
    http.request("POST", f"{server.url}/redirect/{status}", json={"a": 1})
    assert [(asked[0], asked[3]) for asked in server.asked] == [("POST", b'{"a":1}')] * 2
    server.place = f"{elsewhere.url}/end"
    assert http.request("POST", f"{server.url}/redirect/{status}", json={"a": 1}).status == status
    assert not elsewhere.asked


def test_lines_of_a_stream(server: Server) -> None:
    assert list(http.stream_lines("GET", f"{server.url}/events")) == ["data: é", "", "data: 2"]


def test_stream_that_is_refused_is_lost(server: Server) -> None:
    with pytest.raises(http.Lost, match="401"):
        list(http.stream_lines("GET", f"{server.url}/refused"))


def test_line_without_end_is_cut(server: Server) -> None:
    with pytest.raises(http.TooLarge):
        list(http.stream_lines("GET", f"{server.url}/long-line"))


@pytest.fixture
def socket_server(loopback: None) -> Iterator[str]:
    def talk(connection: ServerConnection) -> None:
        path = connection.request.path if connection.request else ""
        connection.send("un")
        connection.send(b"deux")
        if path == "/silent":
            connection.recv()
        elif path == "/broken":
            connection.socket.shutdown(socket.SHUT_RDWR)

    with serve(talk, "127.0.0.1", 0) as listening:
        thread = threading.Thread(target=listening.serve_forever, daemon=True)
        thread.start()
        yield f"ws://127.0.0.1:{listening.socket.getsockname()[1]}"
        listening.shutdown()
        thread.join()


def _read(url: str, **options: Any) -> list[str]:
    with http.websocket(url, **options) as messages:
        return list(messages)


def test_messages_of_a_web_socket(socket_server: str) -> None:
    assert _read(f"{socket_server}/", headers={"X-Name": "parvis"}) == ["un", "deux"]


@pytest.mark.parametrize("page", ["/silent", "/broken"])
def test_web_socket_that_breaks_off_or_stays_silent_is_lost(socket_server: str, page: str) -> None:
    with pytest.raises(http.Lost):
        _read(socket_server + page, idle_s=0.3)


def test_page_that_is_no_web_socket_is_lost(server: Server) -> None:
    with pytest.raises(http.Lost):
        _read(server.url.replace("http", "ws", 1))


def test_web_socket_that_redirects_is_not_followed(server: Server, elsewhere: Server) -> None:
    server.place = elsewhere.url.replace("http", "ws", 1)
    with pytest.raises(http.Lost):
        _read(server.url.replace("http", "ws", 1) + "/redirect/302")
    assert not elsewhere.asked


def test_web_socket_to_a_closed_port_is_unreachable(loopback: None) -> None:
    with pytest.raises(http.Unreachable):
        _read("ws://127.0.0.1:9/")
