"""Compressed messages (permessage-deflate, RFC 7692)."""

import json
import zlib
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.services.edge.echo import DEFLATE, SIZE_MAX, Server, closes
from tests.services.edge.wire import (
    CONTINUATION,
    PING,
    TEXT,
    Wire,
    frame,
)


def packed(message: bytes, wbits: int = 15) -> bytes:
    deflater = zlib.compressobj(wbits=-wbits)
    return (deflater.compress(message) + deflater.flush(zlib.Z_SYNC_FLUSH))[:-4]


def unpacked(data: bytes, wbits: int = 15) -> bytes:
    return zlib.decompressobj(-wbits).decompress(data + b"\x00\x00\xff\xff")


ACCEPTED = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"


@pytest.mark.parametrize(
    ("offer", "accepted"),
    [
        (DEFLATE, ACCEPTED),
        (f"{DEFLATE}; client_max_window_bits", ACCEPTED),
        (f"{DEFLATE}; client_max_window_bits=10; client_no_context_takeover", ACCEPTED),
        (f"{DEFLATE}; server_max_window_bits=15", ACCEPTED),
        (f'{DEFLATE}; server_max_window_bits="10"', f"{ACCEPTED}; server_max_window_bits=10"),
        (f"{DEFLATE}; server_max_window_bits=9", f"{ACCEPTED}; server_max_window_bits=9"),
        (f"{DEFLATE}; server_max_window_bits=8", None),
        (f"{DEFLATE}; server_max_window_bits", None),
        (f"{DEFLATE}; server_max_window_bits=16", None),
        (f"{DEFLATE}; server_no_context_takeover=1", None),
        (f"{DEFLATE}; server_no_context_takeover; server_no_context_takeover", None),
        (f"{DEFLATE}; mystery", None),
        (f"{DEFLATE}; mystery, {DEFLATE}", ACCEPTED),
        (f"x-webkit-deflate-frame, {DEFLATE}; client_max_window_bits", ACCEPTED),
        ("x-webkit-deflate-frame", None),
        (",;=,", None),
    ],
)
async def test_the_first_offer_that_can_be_served_is_accepted(
    server: Server, offer: str, accepted: str | None
) -> None:
    wire = await Wire.open(server.port, Sec_WebSocket_Extensions=offer)
    assert wire.answer.headers.get("sec-websocket-extensions") == accepted
    wire.text("plain")
    assert (await wire.receive()).payload == b"plain"
    wire.cut()


@pytest_asyncio.fixture
async def deflating(server: Server) -> AsyncIterator[Wire]:
    wire = await Wire.open(
        server.port, Sec_WebSocket_Extensions=f"{DEFLATE}; server_max_window_bits=9"
    )
    yield wire
    wire.cut()


async def test_a_compressed_message_is_read_and_a_long_answer_compressed(deflating: Wire) -> None:
    message = json.dumps([{"Größe": number} for number in range(2_000)]).encode()
    deflating.send(frame(TEXT, packed(message), rsv=4))
    answer = await deflating.receive()
    assert answer.rsv1
    assert len(answer.payload) < len(message) / 3
    assert unpacked(answer.payload, wbits=9) == message


async def test_each_message_is_compressed_alone(deflating: Wire) -> None:
    for _ in range(3):
        deflating.send(frame(TEXT, packed(b"same" * 10), rsv=4), frame(TEXT, b"plain"))
        assert (await deflating.receive()).payload == b"same" * 10
        assert (await deflating.receive()).payload == b"plain"


async def test_a_compressed_message_may_be_fragmented(deflating: Wire) -> None:
    data = packed(b"one two three")
    deflating.send(frame(TEXT, data[:3], fin=False, rsv=4), frame(CONTINUATION, data[3:]))
    assert (await deflating.receive()).payload == b"one two three"


async def test_a_final_deflate_block_is_read(deflating: Wire) -> None:
    deflater = zlib.compressobj(wbits=-15)
    data = deflater.compress(b"final") + deflater.flush(zlib.Z_FINISH) + b"\x00"
    deflating.send(frame(TEXT, data, rsv=4))
    assert (await deflating.receive()).payload == b"final"


async def test_an_empty_compressed_message_is_read(deflating: Wire) -> None:
    deflating.send(frame(TEXT, b"\x00", rsv=4))
    assert (await deflating.receive()).payload == b""


async def test_a_continuation_must_not_say_that_it_is_compressed(
    deflating: Wire, server: Server
) -> None:
    data = packed(b"one two three")
    deflating.send(frame(TEXT, data[:3], fin=False, rsv=4), frame(CONTINUATION, data[3:], rsv=4))
    await closes(deflating, server, 1002)


async def test_a_control_frame_must_not_say_that_it_is_compressed(
    deflating: Wire, server: Server
) -> None:
    deflating.send(frame(PING, b"x", rsv=4))
    await closes(deflating, server, 1002)


async def test_a_damaged_compressed_message_is_refused(deflating: Wire, server: Server) -> None:
    deflating.send(frame(TEXT, b"\xff" * 20, rsv=4))
    await closes(deflating, server, 1007)


async def test_compressed_text_that_is_not_utf_8_is_refused(
    deflating: Wire, server: Server
) -> None:
    deflating.send(frame(TEXT, packed(b"caf\xe9"), rsv=4))
    await closes(deflating, server, 1007)


async def test_a_zip_bomb_is_not_inflated(deflating: Wire, server: Server) -> None:
    bomb = packed(b"\x00" * 50_000_000)
    assert len(bomb) < SIZE_MAX
    deflating.send(frame(TEXT, bomb, rsv=4))
    await closes(deflating, server, 1009)


async def test_a_message_that_inflates_to_the_limit_is_read(deflating: Wire) -> None:
    deflating.send(frame(TEXT, packed(b"x" * SIZE_MAX), rsv=4))
    assert unpacked((await deflating.receive()).payload, wbits=9) == b"x" * SIZE_MAX
