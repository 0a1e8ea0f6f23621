"""A service as NATS tools see it: ``$SRV.PING``, ``INFO`` and ``STATS`` (ADR-32)."""

import secrets
from datetime import UTC, datetime
from typing import Any, ClassVar

from msgspec import Struct, json

PREFIX = "io.nats.micro.v1."


class Endpoint:
    """A subject that is answered, and what became of its requests."""

    __slots__ = ("errors", "group", "last_error", "name", "nanoseconds", "requests", "subject")

    def __init__(self, name: str, subject: str, group: str) -> None:
        self.name = name
        self.subject = subject
        self.group = group
        self.requests = 0
        self.errors = 0
        self.nanoseconds = 0
        self.last_error = ""

    def info(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "subject": self.subject,
            "queue_group": self.group,
            "metadata": {},
        }

    def stats(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "subject": self.subject,
            "queue_group": self.group,
            "num_requests": self.requests,
            "num_errors": self.errors,
            "last_error": self.last_error,
            "processing_time": self.nanoseconds,
            "average_processing_time": self.nanoseconds // self.requests if self.requests else 0,
        }


class Identity(Struct, kw_only=True):
    """One instance of a service."""

    VERBS: ClassVar[tuple[str, ...]] = ("PING", "INFO", "STATS")

    name: str
    version: str
    description: str
    endpoints: list[Endpoint]
    id: str
    started: str

    @classmethod
    def of(cls, name: str, version: str, description: str) -> "Identity":
        return cls(
            name=name,
            version=version,
            description=description,
            endpoints=[],
            id=secrets.token_hex(11),
            started=datetime.now(UTC).isoformat().replace("+00:00", "Z"),
        )

    def answer(self, verb: str) -> bytes:
        """The answer to ``PING``, ``INFO`` or ``STATS``."""
        body: dict[str, Any] = {
            "type": f"{PREFIX}{verb.lower()}_response",
            "name": self.name,
            "id": self.id,
            "version": self.version,
            "metadata": {},
        }
        if verb == "INFO":
            body["description"] = self.description
            body["endpoints"] = [endpoint.info() for endpoint in self.endpoints]
        elif verb == "STATS":
            body["started"] = self.started
            body["endpoints"] = [endpoint.stats() for endpoint in self.endpoints]
        return json.encode(body)
