"""permessage-deflate (RFC 7692) without context: each message is compressed alone, so that an idle
station
costs no window. OCPP 2.x requires a CSMS to accept the extension when a station offers it.
"""

import re
import zlib

EXTENSION = "permessage-deflate"
ACCEPTED = f"{EXTENSION}; server_no_context_takeover; client_no_context_takeover"
FLUSH = b"\x00\x00\xff\xff"
"""What a sender cuts off the end of each message (RFC 7692, 7.2.1)."""

WINDOW_BITS = re.compile(r"8|9|1[0-5]")
WINDOW_BITS_MAX = 15
WINDOW_BITS_OWN_MAX = 12
"""Our own messages are small: a 4 kB window compresses them as well and costs less to set up."""
MEMORY_LEVEL = 5


class TooBig(Exception):
    """The message inflates to more than the limit."""


class Damaged(Exception):
    """The message is not what a deflate stream looks like."""


def negotiate(offers: str) -> int | None:
    """The greatest window (bits) that the client lets us use, of its first offer that we can
    serve.
    """
    for offer in offers.split(","):
        bits = window_bits(offer)
        if bits is not None:
            return bits
    return None


def answer(bits: int) -> str:
    """The header that accepts an offer."""
    if bits < WINDOW_BITS_MAX:
        return f"{ACCEPTED}; server_max_window_bits={bits}"
    return ACCEPTED


def window_bits(offer: str) -> int | None:
    """The window of one offer; ``None`` declines it: another extension, or a parameter that is not
    of RFC 7692.
    """
    name, *parameters = (part.strip() for part in offer.split(";"))
    if name.lower() != EXTENSION:
        return None
    bits = WINDOW_BITS_MAX
    seen: set[str] = set()
    for parameter in parameters:
        key, equals, value = (part.strip() for part in parameter.partition("="))
        value = value.strip('"')
        if key in seen or not permitted(key, value if equals else None):
            return None
        seen.add(key)
        if key == "server_max_window_bits":
            bits = int(value)
    # zlib cannot write a raw stream with a window of 256 bytes.
    return bits if bits > 8 else None


def permitted(key: str, value: str | None) -> bool:
    """Whether RFC 7692 section 7.1 knows this parameter with this value."""
    if key in {"server_no_context_takeover", "client_no_context_takeover"}:
        return value is None
    if key == "client_max_window_bits":
        return value is None or bool(WINDOW_BITS.fullmatch(value))
    if key == "server_max_window_bits":
        return value is not None and bool(WINDOW_BITS.fullmatch(value))
    return False


def inflate(data: bytes, size_max: int) -> bytes:
    """The message; never more than ``size_max`` bytes, however well it was packed."""
    inflater = zlib.decompressobj(-WINDOW_BITS_MAX)
    try:
        message = inflater.decompress(data + FLUSH, size_max + 1)
    except zlib.error as error:
        raise Damaged(str(error)) from None
    if len(message) > size_max:
        raise TooBig
    return message


def deflate(data: bytes, bits: int) -> bytes:
    deflater = zlib.compressobj(
        wbits=-min(bits, WINDOW_BITS_OWN_MAX), memLevel=MEMORY_LEVEL, level=zlib.Z_BEST_SPEED
    )
    packed = deflater.compress(data) + deflater.flush(zlib.Z_SYNC_FLUSH)
    return packed[: -len(FLUSH)]
