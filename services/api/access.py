"""Who asks, whether they may, and for which tenant: the first thing that every request meets."""

import hashlib
import ipaddress
import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, cast
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec
from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send
from msgspec import Meta, Struct

from libs.runtime import log
from services.api.problem import FieldError, Refusal
from services.api.roles import OPEN, Operator, Role

logger = log.get("api")

NAME_BYTES_MAX = 255
"""Of a name in a path; escaped it is up to three times as long, and a NATS subject must hold it."""

FORMAT = re.compile(r"(\{\w+):\w+\}")
"""The framework's templates name the types of parameters, the document does not."""

LOOPBACK_NAMES = {"localhost", "ip6-localhost"}


class TokenRecord(Struct, frozen=True, forbid_unknown_fields=True):
    """One line of the tokens file. ``sha256``: of the bearer token, in hexadecimal."""

    name: Annotated[str, Meta(min_length=1)]
    sha256: Annotated[str, Meta(pattern="^[0-9a-fA-F]{64}$")]
    role: Role
    tenant: Annotated[str, Meta(min_length=1)]


def read_tokens(path: Path) -> dict[str, Operator]:
    """Operators by the hash of their token. ValueError: the sentence says what is wrong."""
    try:
        records = msgspec.json.decode(path.read_bytes(), type=list[TokenRecord])
    except OSError as error:
        raise ValueError(
            f"VOLTBUS_API_TOKENS_FILE: cannot read {path}: {error.strerror}."
        ) from error
    except msgspec.DecodeError as error:
        raise ValueError(
            f"VOLTBUS_API_TOKENS_FILE: {path} is not a JSON list of objects with name, sha256 "
            f"(64 hexadecimal digits), role (viewer, operator or admin) and tenant: {error}."
        ) from error
    return {r.sha256.lower(): Operator(r.name, r.role, r.tenant) for r in records}


def is_loopback(host: str) -> bool:
    if host.lower() in LOOPBACK_NAMES:
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class Gate:
    """Open on loopback, or by bearer token. The file of tokens is read again when it changes."""

    def __init__(self, tokens_file: Path | None, *, is_open: bool) -> None:
        self.is_open = is_open
        self.path = tokens_file
        self.changed = 0
        self.operators: Mapping[str, Operator] = {}
        if tokens_file is not None:
            self.operators = read_tokens(tokens_file)
            self.changed = tokens_file.stat().st_mtime_ns

    def admit(self, headers: Headers) -> Operator:
        """Who this is."""
        if self.is_open:
            return self.neighbour(headers)
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise unauthenticated("There is no bearer token.", "Bearer")
        operator = self.known().get(hashlib.sha256(token.strip().encode()).hexdigest())
        if operator is None:
            raise unauthenticated("This token is not known.", 'Bearer error="invalid_token"')
        return operator

    def neighbour(self, headers: Headers) -> Operator:
        """A page of another site must not reach the open API through the browser of its user.

        Host names the rebinding of DNS, Origin the form that posts across sites.
        """
        for header in ("host", "origin"):
            value = headers.get(header)
            if value is None:
                continue
            name = urlsplit(value if header == "origin" else f"//{value}").hostname or ""
            if not is_loopback(name):
                raise Refusal("foreign_host", f"The header {header} names `{name or value}`.")
        return OPEN

    def known(self) -> Mapping[str, Operator]:
        """A file that is being written, or is gone, leaves those known that were."""
        if self.path is None:
            return self.operators
        try:
            if (changed := self.path.stat().st_mtime_ns) != self.changed:
                self.operators = read_tokens(self.path)
                self.changed = changed
        except (OSError, ValueError) as error:
            logger.warning("tokens not read again", error=str(error))
        return self.operators


def unauthenticated(detail: str, challenge: str) -> Refusal:
    return Refusal("unauthenticated", detail, headers={"WWW-Authenticate": challenge})


def verb(scope: Scope) -> str:
    """The method of an HTTP request; the framework's type allows for websockets too."""
    return cast("HTTPScope", scope)["method"]


class Access(ASGIMiddleware):
    """Decodes the names in the path, and sets ``scope["user"]`` to the operator."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, gate: Gate, queries: Mapping[tuple[str, str], frozenset[str]]) -> None:
        self.gate = gate
        self.queries = queries
        """Those that each path and method knows, so that a misspelled one is not without effect."""

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        options: dict[str, Any] = scope["route_handler"].opt
        if "permission" not in options and verb(scope) != "OPTIONS":
            raise Refusal("no_such_path", "This path leads nowhere.")
        scope["path_params"] = {k: name(k, str(v)) for k, v in scope["path_params"].items()}
        headers = Headers.from_scope(scope)
        permission = options.get("permission")
        if permission is not None:
            operator = self.gate.admit(headers)
            if not operator.may(permission):
                raise Refusal(
                    "forbidden", f"The role `{operator.role}` does not hold `{permission}`."
                )
            scope["user"] = operator
            self.inspect(scope)
        await next_app(scope, receive, send)

    def inspect(self, scope: Scope) -> None:
        """A query parameter that nobody reads would silently be without effect."""
        known = self.queries[FORMAT.sub(r"\1}", scope["path_template"]), verb(scope)]
        given = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        for parameter, value in given:
            if parameter not in known:
                near = get_close_matches(parameter, known, n=1)
                hint = (
                    f"Did you mean `{near[0]}`?" if near else f"Known: {', '.join(sorted(known))}."
                )
                error = FieldError(parameter=parameter, detail="Unknown here.", hint=hint)
                raise Refusal(
                    "invalid_parameter", f"`{parameter}` is unknown here.", errors=[error]
                )
            if "\x00" in value:
                error = FieldError(parameter=parameter, detail="Holds the character NUL.")
                raise Refusal("invalid_parameter", f"`{parameter}` holds NUL.", errors=[error])


def name(parameter: str, encoded: str) -> str:
    """A name in a path, percent-decoded once it is clear which part it is: it may hold a slash."""
    try:
        text = unquote(encoded, errors="strict")
    except UnicodeDecodeError:
        text = ""
    if not text or len(text.encode()) > NAME_BYTES_MAX or any(ord(c) < 32 for c in text):
        error = FieldError(
            parameter=parameter,
            detail=f"1 to {NAME_BYTES_MAX} bytes of UTF-8 without control characters.",
        )
        raise Refusal("invalid_parameter", f"`{parameter}` cannot be a name.", errors=[error])
    return text
