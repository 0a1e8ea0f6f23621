"""``Idempotency-Key``: a write that is repeated with its key has its effect once.

An answer is kept for a day once doing it again would matter: every success, and of a POST also 500,
502 and 504, where nobody knows whether it happened (PUT and DELETE may safely be done again). All
else changed nothing and leaves the key free, so a mended request may use it. Requests with the same
key wait for the first one.
"""

import asyncio
import hashlib
import re
from contextlib import suppress
from typing import Any

from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from libs.postgres import transient
from libs.runtime import log
from services.api.access import verb
from services.api.faults import away
from services.api.problem import FieldError, Refusal
from services.api.store import Claim, Kept, Key, Store

logger = log.get("api")

METHODS = {"POST", "PUT", "DELETE"}
KEY = re.compile(r"[\x21-\x7e]{1,255}")
BODY_BYTES_MAX = 1_048_576
POLL_SECONDS = 0.1
KEPT_HEADERS = {"content-type", "location", "link"}
UNKNOWN_EFFECT = {500, 502, 504}


class Idempotency(ASGIMiddleware):
    scopes = (ScopeType.HTTP,)

    def __init__(self, store: Store, *, patience_seconds: float) -> None:
        self.store = store
        self.patience_seconds = patience_seconds
        """How long a repeated request waits for the first one."""

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        given = Headers.from_scope(scope).get("idempotency-key")
        method = verb(scope)
        if given is None or method not in METHODS:
            return await next_app(scope, receive, send)
        if not KEY.fullmatch(given):
            error = FieldError(
                parameter="Idempotency-Key", detail="1 to 255 printable ASCII characters."
            )
            raise Refusal("invalid_parameter", "The idempotency key is not one.", errors=[error])
        operator = scope["user"]
        key = Key(tenant=operator.tenant, operator=operator.name, key=given)
        body = await read(receive)
        claim = await self.claim(key, fingerprint(scope, body))
        if claim.kept is not None:
            return await replay(claim.kept, send)
        answer = Answer()
        await next_app(scope, again(body, receive), answer.take)
        await self.settle(key, claim, answer.kept(), method)
        await answer.give(send)
        return None

    async def claim(self, key: Key, digest: bytes) -> Claim:
        """Ours to work on, or answered."""
        deadline = asyncio.get_running_loop().time() + self.patience_seconds
        while True:
            try:
                claim = await self.store.claim(key, digest)
            except Exception as error:
                if transient(error):
                    raise away("Idempotency keys cannot be kept at the moment.") from error
                raise
            if claim.state == "other_request":
                raise Refusal("key_reused", f"`{key.key}` was used for another request.")
            if claim.state != "at_work":
                return claim
            if asyncio.get_running_loop().time() > deadline:
                raise Refusal(
                    "request_in_progress",
                    f"The request with the key `{key.key}` is not finished.",
                    headers={"Retry-After": "5"},
                )
            await asyncio.sleep(POLL_SECONDS)

    async def settle(self, key: Key, claim: Claim, kept: Kept, method: str) -> None:
        """Before the answer leaves. If that fails, the key stays taken until its lease ends."""
        assert claim.attempt is not None
        effect = kept.status < 300 or (method == "POST" and kept.status in UNKNOWN_EFFECT)
        try:
            if effect:
                await self.store.keep(key, claim.attempt, kept)
            else:
                await self.store.release(key, claim.attempt)
        except Exception:
            logger.exception("answer not kept", key=key.key)


class Answer:
    """What the application sends, held back until it is kept."""

    def __init__(self) -> None:
        self.messages: list[Any] = []

    async def take(self, message: Message) -> None:
        self.messages.append(message)

    async def give(self, send: Send) -> None:
        for message in self.messages:
            await send(message)

    def kept(self) -> Kept:
        start = self.messages[0]
        headers = [
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in start["headers"]
            if name.decode("latin-1").lower() in KEPT_HEADERS
        ]
        body = b"".join(message.get("body", b"") for message in self.messages[1:])
        return Kept(status=start["status"], headers=headers, body=body)


async def read(receive: Receive) -> bytes:
    parts: list[bytes] = []
    more = True
    while more:
        message: Any = await receive()
        parts.append(message.get("body", b""))
        more = message.get("more_body", False)
        if sum(map(len, parts)) > BODY_BYTES_MAX:
            raise Refusal("too_large", "The body is larger than 1 MiB.")
    return b"".join(parts)


def again(body: bytes, receive: Receive) -> Receive:
    """The body once more for the application, then what the server has to say."""
    waiting: list[Any] = [{"type": "http.request", "body": body, "more_body": False}]

    async def first() -> Any:
        with suppress(IndexError):
            return waiting.pop()
        return await receive()

    return first


def fingerprint(scope: Scope, body: bytes) -> bytes:
    """What makes two requests the same: method, address, tenant and body."""
    tenant = Headers.from_scope(scope).get("voltbus-tenant", "")
    parts = [
        verb(scope).encode(),
        scope.get("raw_path") or b"",
        scope.get("query_string") or b"",
        tenant.encode(),
        body,
    ]
    return hashlib.sha256(b"\x00".join(hashlib.sha256(part).digest() for part in parts)).digest()


async def replay(kept: Kept, send: Send) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in kept.headers]
    headers += [
        (b"content-length", str(len(kept.body)).encode()),
        (b"idempotent-replayed", b"true"),
    ]
    await send({"type": "http.response.start", "status": kept.status, "headers": headers})
    await send({"type": "http.response.body", "body": kept.body, "more_body": False})
