"""The guard refuses every address that is not public, in every form it may hide in."""

import ipaddress
import socket
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parvis.lib import http
from parvis.lib.address import Blocked, check_address, check_url

pytestmark = pytest.mark.usefixtures("as_shipped")

PRIVATE = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "::", "::1", "::127.0.0.1", "fe80::1",
    "fe80::1%eth0", "fec0::1", "fc00::1", "fd12::1", "ff02::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:a00:1",
    "2002:7f00:1::", "2002:808:808::", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::808:808",
    "2001:0:4136:e378:8000:63bf:80ff:fffe",
]  # fmt: skip

REFUSED_URLS = [
    "http://127.0.0.1:80/", "http://localhost/", "http://[::ffff:127.0.0.1]/", "http://2130706433/", "http://0x7f.1/",
    "http://0177.0.0.1/", "http://127.1/", "http://10.0.0.1/", "http://169.254.169.254/latest/meta-data/",
    "http://[::1]/", "http://[64:ff9b::7f00:1]/", "http://0/",
    "http://8.8.8.8:22/", "https://8.8.8.8:8443/", "ftp://8.8.8.8/", "file:///etc/passwd", "gopher://8.8.8.8/",
    "http://user:secret@8.8.8.8/", "http://8.8.8.8\\@127.0.0.1/", "http:///x", "//8.8.8.8/", "", "http://[::1", "http://a:b/",
    "http://１２７.0.0.1/", "http://①②⑦.0.0.1/",
]  # fmt: skip


@pytest.mark.parametrize("ip", PRIVATE)
def test_address_that_is_not_public_is_refused(ip: str) -> None:
    with pytest.raises(Blocked):
        check_address(ip)


@pytest.mark.parametrize("ip", ["8.8.8.8", "2a00:1450:4007::200e", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_public_address_passes(ip: str) -> None:
    check_address(ip)


@given(st.integers(0, 2**32 - 1))
def test_mapped_and_translated_forms_are_judged_as_what_they_hide(number: int) -> None:
    def is_refused(ip: str) -> bool:
        try:
            check_address(ip)
        except Blocked:
            return True
        return False

    plain = ipaddress.IPv4Address(number)
    judged = is_refused(str(plain))
    assert judged == is_refused(f"::ffff:{plain}") == is_refused(str(ipaddress.IPv6Address((0x64FF9B << 96) | number)))
    assert judged or plain.is_global


@pytest.mark.parametrize("url", REFUSED_URLS)
def test_refused_forms_never_leave(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("it tried to connect"))
    with pytest.raises(Blocked):
        http.request("GET", url)
    with pytest.raises(Blocked):
        next(http.stream_lines("GET", url))
    with pytest.raises(Blocked), http.websocket(url.replace("http", "ws", 1)):
        pytest.fail("it opened")


@pytest.mark.parametrize("url", ["http://[fe80::1%25lo]/", "http://localhost./"])
def test_form_that_only_some_machines_resolve_never_leaves(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("it tried to connect"))
    with pytest.raises((Blocked, http.Unreachable)):
        http.request("GET", url)


def _answer(*ips: str) -> list[Any]:
    return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, 80)) for ip in ips]


@pytest.mark.parametrize("ips", [("127.0.0.1",), ("169.254.169.254",), ("8.8.8.8", "10.0.0.1"), ("::ffff:10.0.0.1",)])
def test_name_is_refused_when_any_of_its_addresses_is(ips: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: _answer(*ips))
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: pytest.fail("it tried to connect"))
    with pytest.raises(Blocked):
        http.request("GET", "http://shop.example/")


def test_rebinding_name_is_looked_up_once_and_reached_at_the_checked_address(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([_answer("8.8.8.8"), _answer("127.0.0.1")])
    tried: list[Any] = []

    def refuse(place: tuple[str, int], *_: Any, **__: Any) -> socket.socket:
        tried.append(place)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: next(answers))
    monkeypatch.setattr(socket, "create_connection", refuse)
    with pytest.raises(http.Unreachable):
        http.request("GET", "http://rebind.example/")
    assert tried == [("8.8.8.8", 80)]
    with pytest.raises(Blocked):
        http.request("GET", "http://rebind.example/")
    assert len(tried) == 1


def test_name_without_address_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: Any, **__: Any) -> list[Any]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(http.Unreachable):
        http.request("GET", "http://nowhere.example/?token=secret")


def test_error_tells_neither_the_query_nor_a_password() -> None:
    with pytest.raises(Blocked) as caught:
        check_url("http://user:hunter2@8.8.8.8/x?token=secret")
    assert "hunter2" not in str(caught.value) + caught.value.url
    assert "secret" not in str(caught.value) + caught.value.url
