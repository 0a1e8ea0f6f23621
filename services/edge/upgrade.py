"""From an accepted handshake to a websocket of picows."""

import asyncio
from typing import Any, cast

from picows import (
    WSAutoPingStrategy,
    WSUpgradeRequest,
    WSUpgradeResponse,
    WSUpgradeResponseWithListener,
)
from picows import picows as core

from libs.runtime import log
from services.edge import compression
from services.edge.handshake import Wanted
from services.edge.websocket import WebSocket

logger = log.get("edge")

READ_BUFFER_BYTES = 2_048
"""What picows reads into; it grows for those who send more."""


class PicowsLog:
    """What picows would like to log: each connection and each broken frame, of which the reason is
    told elsewhere.
    """

    def isEnabledFor(self, _: int) -> bool:  # noqa: N802  # the name is logging's
        return False

    def info(self, *_: object) -> None: ...

    debug = warning = error = info

    def exception(self, *_: object) -> None:
        logger.exception("websocket failed")  # noqa: LOG004  # picows calls it in a handler


PICOWS_LOG = PicowsLog()


def hand_over(transport: asyncio.Transport, socket: WebSocket, wanted: Wanted, rest: bytes) -> None:
    """Answer 101 and let picows have the connection, with what the client has sent already
    (``rest``).
    """
    headers = [("Sec-WebSocket-Protocol", wanted.subprotocol)]
    if wanted.deflate_bits is not None:
        headers.append(("Sec-WebSocket-Extensions", compression.answer(wanted.deflate_bits)))
    response = WSUpgradeResponse.create_101_response(extra_headers=headers)

    def answer(_: WSUpgradeRequest) -> WSUpgradeResponseWithListener:
        return WSUpgradeResponseWithListener(response, socket)

    picows = protocol(answer, socket.sockets.limits.message_bytes_max)
    transport.set_protocol(picows)
    picows.connection_made(transport)
    feed(picows, request(wanted.key) + rest)
    transport.resume_reading()


def protocol(answer: Any, frame_bytes_max: int) -> Any:
    """The server's side of one websocket. Times and pings are ours (wheel.py), so picows needs no
    task and no timer.
    """
    host_port = path = timeout = extra_headers = None
    is_client = auto_ping = auto_pong = False
    return cast("Any", core).WSProtocol(
        host_port,
        path,
        is_client,
        answer,
        PICOWS_LOG,
        True,  # disconnect_on_exception
        timeout,
        auto_ping,
        0,
        0,
        WSAutoPingStrategy.PING_WHEN_IDLE,
        auto_pong,
        frame_bytes_max,
        extra_headers,
        READ_BUFFER_BYTES,
    )


def request(key: str) -> bytes:
    """The least request that picows accepts: it keeps it as long as the connection lives."""
    return (
        "GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
    ).encode()


def feed(picows: Any, data: bytes) -> None:
    """As if it had come from the network."""
    while data:
        buffer = picows.get_buffer(-1)
        size = min(len(buffer), len(data))
        buffer[:size] = data[:size]
        data = data[size:]
        picows.buffer_updated(size)
