"""RFC 6455 and 7692 over raw sockets, in the order of the specification."""

import asyncio

import pytest

from tests.services.edge.echo import SIZE_MAX, Server, closes
from tests.services.edge.wire import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    Closed,
    Wire,
    frame,
)

# -- messages (section 5.6) ------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65_535, 65_536, SIZE_MAX])
async def test_a_text_message_of_any_size_up_to_the_limit_is_read(wire: Wire, size: int) -> None:
    wire.text("x" * size)
    assert (await wire.receive()).payload == b"x" * size


async def test_many_messages_in_one_packet_are_read_in_order(wire: Wire) -> None:
    wire.send(*(frame(TEXT, f"{number}".encode()) for number in range(200)))
    received = [int((await wire.receive()).payload) for _ in range(200)]
    assert received == list(range(200))


async def test_a_message_that_comes_byte_by_byte_is_read(wire: Wire) -> None:
    for byte in frame(TEXT, "Größe".encode()):
        wire.send(bytes([byte]))
        await wire.writer.drain()
    assert (await wire.receive()).payload == "Größe".encode()


async def test_a_binary_message_is_refused(wire: Wire, server: Server) -> None:
    wire.send(frame(BINARY, b"[2]"))
    await closes(wire, server, 1003)


async def test_a_message_over_the_limit_is_refused_before_it_has_come(
    wire: Wire, server: Server
) -> None:
    wire.send(frame(TEXT, b"x" * (SIZE_MAX + 1))[:100])
    await closes(wire, server, 1009)


# -- framing (section 5.2) -------------------------------------------------------------------------


async def test_an_unmasked_frame_is_refused(wire: Wire, server: Server) -> None:
    wire.send(frame(TEXT, b"x", mask=False))
    await closes(wire, server, 1002)


@pytest.mark.parametrize("rsv", [1, 2, 3, 4, 5, 6, 7])
async def test_reserved_bits_are_refused_without_an_extension(
    wire: Wire, server: Server, rsv: int
) -> None:
    wire.send(frame(TEXT, b"x", rsv=rsv))
    await closes(wire, server, 1002)


@pytest.mark.parametrize("opcode", [3, 7, 0xB, 0xF])
async def test_a_reserved_opcode_is_refused(wire: Wire, server: Server, opcode: int) -> None:
    wire.send(frame(opcode, b"x"))
    await closes(wire, server, 1002)


# -- fragmentation (section 5.4) -------------------------------------------------------------------


async def test_fragments_are_put_together(wire: Wire) -> None:
    wire.send(frame(TEXT, b"one ", fin=False))
    wire.send(frame(CONTINUATION, b"", fin=False), frame(CONTINUATION, b"two", fin=True))
    assert (await wire.receive()).payload == b"one two"


async def test_a_control_frame_between_fragments_is_answered_at_once(wire: Wire) -> None:
    wire.send(frame(TEXT, b"one ", fin=False), frame(PING, b"!"))
    ponged = await wire.receive()
    assert (ponged.opcode, ponged.payload) == (PONG, b"!")
    wire.send(frame(CONTINUATION, b"two"))
    assert (await wire.receive()).payload == b"one two"


async def test_a_character_may_be_cut_by_fragments(wire: Wire) -> None:
    text = "Größe".encode()
    wire.send(frame(TEXT, text[:3], fin=False), frame(CONTINUATION, text[3:]))
    assert (await wire.receive()).payload == text


async def test_a_continuation_of_nothing_is_refused(wire: Wire, server: Server) -> None:
    wire.send(frame(CONTINUATION, b"x"))
    await closes(wire, server, 1002)


async def test_a_new_message_inside_a_fragmented_one_is_refused(wire: Wire, server: Server) -> None:
    wire.send(frame(TEXT, b"x", fin=False), frame(TEXT, b"y"))
    await closes(wire, server, 1002)


async def test_a_binary_message_inside_a_fragmented_one_is_refused(
    wire: Wire, server: Server
) -> None:
    wire.send(frame(TEXT, b"x", fin=False), frame(BINARY, b"y"))
    await closes(wire, server, 1003)


async def test_the_limit_is_that_of_the_whole_message(wire: Wire, server: Server) -> None:
    half = b"x" * (SIZE_MAX // 2)
    wire.send(frame(TEXT, half, fin=False), frame(CONTINUATION, half, fin=False))
    wire.send(frame(CONTINUATION, b"x"))
    await closes(wire, server, 1009)


# -- control frames (section 5.5) ------------------------------------------------------------------


async def test_a_ping_is_answered_with_its_payload(wire: Wire) -> None:
    wire.send(frame(PING, b"a" * 125))
    ponged = await wire.receive()
    assert (ponged.opcode, ponged.payload) == (PONG, b"a" * 125)


async def test_an_unasked_pong_is_ignored(wire: Wire) -> None:
    wire.send(frame(PONG, b"hello"), frame(TEXT, b"after"))
    assert (await wire.receive()).payload == b"after"


async def test_a_control_frame_of_126_bytes_is_refused(wire: Wire, server: Server) -> None:
    wire.send(frame(PING, b"a" * 126))
    await closes(wire, server, 1002)


async def test_a_fragmented_control_frame_is_refused(wire: Wire, server: Server) -> None:
    wire.send(frame(PING, b"a", fin=False))
    await closes(wire, server, 1002)


# -- closing (section 7) ---------------------------------------------------------------------------


@pytest.mark.parametrize("code", [1000, 1001, 1011, 3000, 4999])
async def test_a_close_is_answered_with_its_code(wire: Wire, server: Server, code: int) -> None:
    wire.send(frame(CLOSE, code.to_bytes(2, "big") + b"bye"))
    answer = await wire.receive()
    assert (answer.opcode, answer.code) == (CLOSE, code)
    with pytest.raises(Closed):
        await wire.receive()
    assert server.echoes[0].ended == [(code, "bye")]


async def test_a_close_without_a_code_is_answered(wire: Wire, server: Server) -> None:
    wire.send(frame(CLOSE))
    assert (await wire.receive()).code == 1000
    with pytest.raises(Closed):
        await wire.receive()
    assert server.echoes[0].ended[0][0] == 1005


@pytest.mark.parametrize("code", [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000])
async def test_a_close_with_a_code_that_is_none_is_a_protocol_error(wire: Wire, code: int) -> None:
    wire.send(frame(CLOSE, code.to_bytes(2, "big")))
    assert (await wire.receive()).code == 1002


async def test_a_close_of_one_byte_is_a_protocol_error(wire: Wire) -> None:
    wire.send(frame(CLOSE, b"\x03"))
    assert (await wire.receive()).code == 1002


async def test_a_close_whose_reason_is_not_utf_8_is_refused(wire: Wire) -> None:
    wire.send(frame(CLOSE, b"\x03\xe8\xff\xfe"))
    assert (await wire.receive()).code == 1007


async def test_nothing_is_heard_after_our_close(wire: Wire, server: Server) -> None:
    wire.text("close")
    closed = await wire.receive()
    assert (closed.code, closed.reason) == (1012, "as you like")
    wire.send(frame(TEXT, b"still here"), frame(PING), frame(CLOSE, closed.payload))
    with pytest.raises(Closed):
        await wire.receive()
    assert server.echoes[0].ended == [(1012, "as you like")]


async def test_a_peer_that_does_not_answer_our_close_is_cut_off(wire: Wire, server: Server) -> None:
    wire.text("close")
    await wire.receive()
    await wire.gone()
    assert server.app.sockets.open == 0


async def test_a_lost_connection_is_told(wire: Wire, server: Server) -> None:
    wire.text("hello")
    await wire.receive()
    wire.cut()
    while server.app.sockets.open:
        await asyncio.sleep(0.01)
    assert server.echoes[0].ended == [(1006, "connection lost")]


async def test_a_receiver_that_breaks_closes_with_1011(wire: Wire, server: Server) -> None:
    wire.text("boom")
    await closes(wire, server, 1011)


# -- UTF-8 (section 8.1) ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [b"\xff", b"caf\xe9", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82", b"a\x80"],
)
async def test_text_that_is_not_utf_8_is_refused(wire: Wire, server: Server, text: bytes) -> None:
    wire.text(text)
    await closes(wire, server, 1007)


async def test_fragments_that_are_not_utf_8_together_are_refused(
    wire: Wire, server: Server
) -> None:
    wire.send(frame(TEXT, b"caf", fin=False), frame(CONTINUATION, b"\xc3"))
    await closes(wire, server, 1007)


# -- peers that are gone, or too fast --------------------------------------------------------------


async def test_a_silent_peer_is_pinged_and_stays_if_it_answers(wire: Wire, server: Server) -> None:
    for _ in range(2):
        pinged = await wire.receive()
        assert pinged.opcode == PING
        wire.send(frame(PONG, pinged.payload))
    assert server.app.sockets.open == 1


async def test_a_peer_that_does_not_answer_a_ping_is_dead(wire: Wire, server: Server) -> None:
    assert (await wire.receive()).opcode == PING
    closed = await wire.receive()
    assert (closed.code, closed.reason) == (1001, "no answer to ping")
    assert server.echoes[0].ended == [(1001, "no answer to ping")]


async def test_a_peer_that_sends_too_many_frames_is_held_then_closed(
    wire: Wire, server: Server
) -> None:
    flood = b"".join(frame(PONG) for _ in range(600))
    wire.send(flood)
    wire.text("held")
    began = asyncio.get_running_loop().time()
    assert (await wire.receive()).payload == b"held"
    wire.send(flood * 3)
    assert (await wire.closing()).code == 1008
    assert asyncio.get_running_loop().time() > began


async def test_a_peer_that_does_not_read_is_not_read_and_dies(server: Server) -> None:
    wire = await Wire.open(server.port)
    message = frame(TEXT, b"x" * SIZE_MAX)
    wire.writer.transport.pause_reading()
    for _ in range(60):
        wire.send(message)
    while not server.echoes[0].ended:
        await asyncio.sleep(0.05)
    assert server.echoes[0].ended == [(1001, "no answer to ping")]
    wire.cut()
