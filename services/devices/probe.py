"""A look whether anybody answers at an address, from where the platform is.

It says nothing but a plain GET: a station's identity in a websocket handshake would take the place
of the station itself.
"""

import asyncio
import ssl
from contextlib import suppress
from urllib.parse import SplitResult

from libs.contracts.network_profiles import Reach

SECONDS = 5.0
LINE_BYTES_MAX = 1024
PORTS = {"ws": 80, "wss": 443}


async def look(address: SplitResult, seconds: float = SECONDS) -> Reach:
    """Bounded in time; whoever answers is never trusted with anything."""
    try:
        async with asyncio.timeout(seconds):
            return await knock(address)
    except TimeoutError:
        return Reach(reachable=False, detail=f"Nobody answered within {seconds:g} s.")
    except (OSError, ssl.SSLError, ValueError) as error:
        return Reach(reachable=False, detail=f"{type(error).__name__}: {error}")


async def knock(address: SplitResult) -> Reach:
    host = address.hostname or ""
    reader, writer = await asyncio.open_connection(
        host,
        address.port or PORTS[address.scheme],
        ssl=unverified() if address.scheme == "wss" else None,
        server_hostname=host if address.scheme == "wss" else None,
        limit=LINE_BYTES_MAX,
    )
    try:
        request = f"GET {address.path or '/'} HTTP/1.1\r\nHost: {address.netloc}\r\n"
        writer.write(f"{request}Connection: close\r\n\r\n".encode("ascii", "replace"))
        line = (await reader.readline()).decode("latin-1").strip()
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
    version, _, rest = line.partition(" ")
    code = rest[:3]
    if not version.startswith("HTTP/") or not code.isdecimal():
        return Reach(reachable=False, detail="What answers there does not speak HTTP.")
    return Reach(reachable=True, status=int(code), detail=f"A web server answered {code}.")


def unverified() -> ssl.SSLContext:
    """The station knows which authorities it trusts, we do not."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
