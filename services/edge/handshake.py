"""A websocket handshake, decided: from the bytes of a request's head to what is wanted, or to a
refusal in HTTP.

Pure: no I/O. Whether the station is known and its secret right is the answer of ``stations``;
everything
that can be said without asking is said here.
"""

import binascii
import re
from base64 import b64decode
from http import HTTPStatus
from unicodedata import category
from urllib.parse import unquote_to_bytes

from msgspec import Struct

from libs.ocpp.message import NAMES, SUBPROTOCOLS, Version
from services.edge import compression

HEAD_BYTES_MAX = 8_192
HEADERS_MAX = 64
IDENTITY_CHARS_MAX: dict[Version, int] = {"v16": 255, "v201": 48, "v21": 48}
"""1.6 states no limit."""
TENANT_CHARS_MAX = 255

IDENTIFIER = re.compile(r"[A-Za-z0-9*_=+|@.-]+")
"""identifierString of 2.x; without the colon, which ends the user name in HTTP basic
authentication.
"""
TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
PERCENT = re.compile(rb"%(?![0-9A-Fa-f]{2})")
ONCE = {b"host", b"authorization", b"sec-websocket-key", b"sec-websocket-version"}
"""Headers that say one thing: twice is an attempt to say two."""

REALM = 'Basic realm="OCPP", charset="UTF-8"'


class Wanted(Struct, frozen=True, kw_only=True):
    """A handshake that may be answered 101 if ``stations`` admits the station."""

    station: str
    tenant: str | None
    """As the URL names it, if it does."""
    version: Version
    subprotocol: str
    key: str
    """Sec-WebSocket-Key."""
    user: bytes | None = None
    secret: bytes | None = None
    deflate_bits: int | None = None
    """The window of permessage-deflate, when the station offers it."""


class Refused(Exception):
    """An answer in HTTP; ``reason`` is for the reader of a station's log, and never holds a
    secret.
    """

    def __init__(self, status: int, reason: str, **headers: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.headers = headers

    def render(self) -> bytes:
        body = f"{self.reason}\n".encode()
        lines = [
            f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}",
            "Content-Type: text/plain; charset=utf-8",
            f"Content-Length: {len(body)}",
            "Connection: close",
            *(f"{name.replace('_', '-')}: {value}" for name, value in self.headers.items()),
        ]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def unauthorized(reason: str) -> Refused:
    return Refused(401, reason, WWW_Authenticate=REALM)


def decide(head: bytes) -> Wanted:
    """What the client wants. ``head``: the request without the empty line that ends it. Raises
    ``Refused``.
    """
    target, headers = parse(head)
    key = upgrade(headers)
    tenant, station = place(target)
    subprotocol = choose(headers.get(b"sec-websocket-protocol", ""))
    version = SUBPROTOCOLS[subprotocol]
    check_identity(station, version)
    user, secret = credentials(headers.get(b"authorization"))
    if user is not None and user != station.encode():
        raise unauthorized("the user name is not the station's identity")
    return Wanted(
        station=station,
        tenant=tenant,
        version=version,
        subprotocol=subprotocol,
        key=key,
        user=user,
        secret=secret,
        deflate_bits=compression.negotiate(headers.get(b"sec-websocket-extensions", "")),
    )


def parse(head: bytes) -> tuple[bytes, dict[bytes, str]]:
    """The request's target and headers, names in lower case; repeated list headers are joined."""
    line, *lines = head.split(b"\r\n")
    parts = line.split(b" ")
    if len(parts) != 3 or not parts[1].startswith(b"/") or not parts[2].startswith(b"HTTP/"):
        raise Refused(400, "this is not an HTTP request")
    method, target, protocol = parts
    if method != b"GET":
        raise Refused(405, "a websocket handshake is a GET", Allow="GET")
    if protocol != b"HTTP/1.1":
        raise Refused(400, "a websocket handshake is HTTP/1.1")
    if len(lines) > HEADERS_MAX:
        raise Refused(431, f"more than {HEADERS_MAX} headers")
    headers: dict[bytes, str] = {}
    for entry in lines:
        name, colon, value = entry.partition(b":")
        if not colon or not TOKEN.fullmatch(name) or re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", value):
            raise Refused(400, "a header is malformed")
        name, text = name.lower(), value.strip(b" \t").decode("latin-1")
        if name in headers and name in ONCE:
            raise Refused(400, f"the header {name.decode()} is given twice")
        headers[name] = f"{headers[name]}, {text}" if name in headers else text
    if b"transfer-encoding" in headers or headers.get(b"content-length", "0").strip("0"):
        raise Refused(400, "a websocket handshake has no body")
    return target, headers


def listed(header: str) -> list[str]:
    return [item.strip() for item in header.split(",") if item.strip()]


def upgrade(headers: dict[bytes, str]) -> str:
    """The key of a proper upgrade request."""
    upgrades = [item.lower() for item in listed(headers.get(b"upgrade", ""))]
    connection = [item.lower() for item in listed(headers.get(b"connection", ""))]
    if "websocket" not in upgrades or "upgrade" not in connection:
        raise Refused(
            426, "this is an OCPP endpoint: connect with a websocket", Upgrade="websocket"
        )
    if headers.get(b"sec-websocket-version") != "13":
        raise Refused(426, "the websocket version is 13 (RFC 6455)", Sec_WebSocket_Version="13")
    key = headers.get(b"sec-websocket-key", "")
    try:
        nonce = b64decode(key, validate=True)
    except (binascii.Error, ValueError):
        nonce = b""
    if len(nonce) != 16:
        raise Refused(400, "Sec-WebSocket-Key is not 16 bytes in base64")
    return key


def place(target: bytes) -> tuple[str | None, str]:
    """Tenant and identity of ``/{station}``, ``/ocpp/{station}`` or ``/ocpp/{tenant}/{station}``.

    Empty segments do not count: stations append ``/`` and their identity to whatever they were
    given.
    """
    path = target.partition(b"?")[0]
    segments = [decoded(segment) for segment in path.split(b"/") if segment]
    match segments:
        case [station]:
            return None, station
        case ["ocpp", station]:
            return None, station
        case ["ocpp", tenant, station] if len(tenant) <= TENANT_CHARS_MAX:
            return tenant, station
        case _:
            raise Refused(404, "the path is /IDENTITY, /ocpp/IDENTITY or /ocpp/TENANT/IDENTITY")


def decoded(segment: bytes) -> str:
    """Percent-decoded once; a ``+`` is a plus."""
    if PERCENT.search(segment):
        raise Refused(400, "the path holds a % that is no percent-encoding")
    try:
        text = unquote_to_bytes(segment).decode()
    except UnicodeDecodeError:
        raise Refused(400, "the path is not UTF-8") from None
    if any(category(char) == "Cc" for char in text):
        raise Refused(400, "the path holds a control character")
    return text


def check_identity(station: str, version: Version) -> None:
    longest = IDENTITY_CHARS_MAX[version]
    if len(station) > longest:
        raise Refused(400, f"an identity of OCPP {NAMES[version]} has up to {longest} characters")
    if version != "v16" and not IDENTIFIER.fullmatch(station):
        raise Refused(
            400,
            f"an identity of OCPP {NAMES[version]} is made of letters, digits and * - _ = + | @ .",
        )


def choose(header: str) -> str:
    """The first subprotocol of the client's list that is ours: the list is in the client's order
    of preference.
    """
    for name in listed(header):
        if name in SUBPROTOCOLS:
            return name
    ours = ", ".join(reversed(SUBPROTOCOLS))
    raise Refused(400, f"no subprotocol in common; here are {ours}")


def credentials(header: str | None) -> tuple[bytes, bytes] | tuple[None, None]:
    """User and secret of HTTP basic authentication, as bytes: the secret of 1.6 may be no text at
    all.
    """
    if header is None:
        return None, None
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        raise unauthorized("only HTTP basic authentication is known here")
    try:
        plain = b64decode(encoded.strip(), validate=True)
    except (binascii.Error, ValueError):
        raise Refused(400, "the Authorization header is not base64") from None
    user, colon, secret = plain.partition(b":")
    if not colon:
        raise Refused(400, "the Authorization header has no colon between user and secret")
    return user, secret
