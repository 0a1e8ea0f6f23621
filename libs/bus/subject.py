"""Every subject that is not declared by a message type, spelled once."""

from base64 import urlsafe_b64encode

from libs.bus.token import escape, unescape
from libs.ocpp.message import Version

ANY = "*"


def up(tenant: str, station: str, version: Version, action: str) -> str:
    """A CALL of a station, to the service that owns the action."""
    return f"ocpp.{escape(tenant)}.{escape(station)}.up.{version}.{action}"


def up_pattern(version: Version, action: str) -> str:
    """All stations' CALLs of one action."""
    return f"ocpp.*.*.up.{version}.{action}"


def down(tenant: str, station: str, version: Version, action: str) -> str:
    """A CALL to a station, to the edge that holds its socket."""
    return f"ocpp.{escape(tenant)}.{escape(station)}.down.{version}.{action}"


def down_pattern(tenant: str, station: str) -> str:
    """All CALLs to one station: what its edge subscribes to."""
    return f"ocpp.{escape(tenant)}.{escape(station)}.down.>"


def log(tenant: str, station: str) -> str:
    """The finished exchanges of a station."""
    return f"ocpp.{escape(tenant)}.{escape(station)}.log"


LOG_PATTERN = "ocpp.*.*.log"
EVENT_PATTERN = "event.>"


def events(tenant: str | None, kind: str = f"{ANY}.{ANY}") -> str:
    """Events of a tenant (all tenants: ``None``) and of a type (``noun.verb``)."""
    return f"event.{part(tenant)}.{kind}.{ANY}"


def watched(tenant: str | None = None, station: str | None = None) -> list[str]:
    """All that may be watched, narrowed: exchanges with stations, events and presence.

    Not the requests themselves: who subscribes to those counts as somebody who answers, and "no
    responders" would no longer say at once that a station is offline or a service not running.
    """
    owner, who = part(tenant), part(station)
    return [f"ocpp.{owner}.{who}.log", f"event.{owner}.*.*.{who}", f"presence.{owner}.{who}.*"]


def part(name: str | None) -> str:
    """One token of a pattern: a name, or any."""
    return ANY if name is None else escape(name)


def station_of(subject: str) -> tuple[str, str]:
    """Tenant and station of an ``ocpp`` subject."""
    _, tenant, station, _ = subject.split(".", 3)
    return unescape(tenant), unescape(station)


def event_type(subject: str) -> str:
    """``noun.verb`` of an event's subject, or of its template."""
    _, _, noun, verb, _ = subject.split(".", 4)
    return f"{noun}.{verb}"


def monitoring(verb: str, name: str, instance: str) -> list[str]:
    """Where a service answers ``PING``, ``INFO`` and ``STATS`` (NATS ADR-32)."""
    root = f"$SRV.{verb}"
    return [root, f"{root}.{name}", f"{root}.{name}.{instance}"]


# -- JetStream -----------------------------------------------------------------------------------

API = "$JS.API."


def stream_create(stream: str) -> str:
    return f"{API}STREAM.CREATE.{stream}"


def stream_update(stream: str) -> str:
    return f"{API}STREAM.UPDATE.{stream}"


def stream_info(stream: str) -> str:
    return f"{API}STREAM.INFO.{stream}"


def stream_purge(stream: str) -> str:
    return f"{API}STREAM.PURGE.{stream}"


def direct_get(stream: str) -> str:
    return f"{API}DIRECT.GET.{stream}"


def consumer_create(stream: str, consumer: str, only: str = "") -> str:
    """``only``: the one subject that the consumer filters by, where it is one."""
    return f"{API}CONSUMER.CREATE.{stream}.{consumer}{'.' if only else ''}{only}"


def consumer_delete(stream: str, consumer: str) -> str:
    return f"{API}CONSUMER.DELETE.{stream}.{consumer}"


def consumer_next(stream: str, consumer: str) -> str:
    return f"{API}CONSUMER.MSG.NEXT.{stream}.{consumer}"


# -- the object store (NATS ADR-20) --------------------------------------------------------------


def object_subjects(bucket: str) -> list[str]:
    """All that a bucket holds: chunks and descriptions."""
    return [f"$O.{bucket}.C.>", f"$O.{bucket}.M.>"]


def object_chunk(bucket: str, name: str) -> str:
    """The chunks of a file; its name is what ADR-20 calls its nuid."""
    return f"$O.{bucket}.C.{escape(name)}"


def object_description(bucket: str, name: str) -> str:
    return f"$O.{bucket}.M.{urlsafe_b64encode(name.encode()).decode()}"
