"""The wire forms of Pingback (XML-RPC) and Trackback: reading a call, and the answers as bytes."""

from xml.sax.saxutils import escape

from lxml import etree

MAX_CALL = 20_000


class BadPing(ValueError):
    """The call does not read; `code` is the fault of the Pingback or XML-RPC specification."""

    def __init__(self, words: str, code: int) -> None:
        super().__init__(words)
        self.code = code


def read_pingback(body: bytes) -> tuple[str, str]:
    """(source, target) of a `pingback.ping` call. No entity is read, no outside file is asked."""
    if len(body) > MAX_CALL:
        raise BadPing("the call is too large", -32600)
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise BadPing("the call is not XML", -32700) from error
    if root.getroottree().docinfo.internalDTD is not None or root.tag != "methodCall":
        raise BadPing("the call is no method call", -32600)
    if (root.findtext("methodName") or "").strip() != "pingback.ping":
        raise BadPing("only pingback.ping is known here", -32601)
    values = [_read_value(value) for value in root.findall("params/param/value")]
    if len(values) != 2 or not all(values):
        raise BadPing("two addresses are needed", -32602)
    return values[0], values[1]


def _read_value(value: etree._Element) -> str:
    inner = value.find("string")
    text = (inner if inner is not None else value).text
    return (text or "").strip()


def fault(code: int, words: str) -> bytes:
    """A fault as XML-RPC."""
    return (
        '<?xml version="1.0"?><methodResponse><fault><value><struct>'
        f"<member><name>faultCode</name><value><int>{code}</int></value></member>"
        f"<member><name>faultString</name><value><string>{escape(words)}</string></value></member>"
        "</struct></value></fault></methodResponse>"
    ).encode()


def thanks() -> bytes:
    """The answer to a call that is kept."""
    return (
        b'<?xml version="1.0"?><methodResponse><params><param><value><string>kept, will be verified'
        b"</string></value></param></params></methodResponse>"
    )


def trackback_answer(trouble: str) -> bytes:
    """The answer to a Trackback: no trouble, or which."""
    told = f"<error>1</error><message>{escape(trouble)}</message>" if trouble else "<error>0</error>"
    return f'<?xml version="1.0" encoding="utf-8"?><response>{told}</response>'.encode()
