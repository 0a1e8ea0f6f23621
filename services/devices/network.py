"""Whether a network profile or an order of slots may lead a station into nowhere. Pure."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urlsplit

from libs.bus import Conflict, Invalid
from libs.contracts.network_profiles import NetworkProfile
from libs.ocpp.message import NAMES, Version

VERSIONS: dict[Version, str] = {"v201": "OCPP20", "v21": "OCPP21"}
"""2.0.1 has no word for itself: OCPP20 stands for it (5.1 of the reference)."""
ENCRYPTED = {2, 3}
PORT_MAX = 65_535


class Slots(NamedTuple):
    """What is known of a station's slots."""

    priority: list[int]
    active: int | None
    accepted: frozenset[int]
    """Those that we set and the station accepted."""

    @property
    def proven(self) -> int | None:
        """The slot that it is connected by: told by the station, or the first that it tries."""
        return self.active or next(iter(self.priority), None)


def wire(version: Version, profile: NetworkProfile) -> dict[str, Any]:
    """The NetworkConnectionProfile in the words of the station's version."""
    later = {"identity": profile.identity, "basicAuthPassword": profile.basic_auth_password}
    if version == "v201" and any(value is not None for value in later.values()):
        raise Invalid("OCPP 2.0.1 profiles have no identity and no password.", field="identity")
    said = {
        "ocppVersion": profile.ocpp_version or VERSIONS[version],
        "ocppTransport": profile.transport,
        "ocppCsmsUrl": profile.url,
        "messageTimeout": profile.message_timeout,
        "securityProfile": profile.security_profile,
        "ocppInterface": profile.interface,
        "apn": profile.apn,
        "vpn": profile.vpn,
        **later,
    }
    return {key: value for key, value in said.items() if value is not None}


def address(profile: NetworkProfile) -> SplitResult:
    """The address, which is one of a websocket that fits the security profile."""
    try:
        found = urlsplit(profile.url)
        port = found.port
    except ValueError as error:
        raise Invalid(f"This is no address: {error}.", field="url") from error
    if found.scheme not in {"ws", "wss"} or not found.hostname:
        raise Invalid("The address of a CSMS begins with ws:// or wss://.", field="url")
    if found.username is not None or found.query or found.fragment or port == 0:
        raise Invalid("The address has no user, no query and no fragment.", field="url")
    if any(ord(each) <= ord(" ") for each in profile.url):
        raise Invalid("The address holds a blank.", field="url")
    if profile.security_profile in ENCRYPTED and found.scheme != "wss":
        raise Invalid(
            f"Security profile {profile.security_profile} is TLS: the address begins with wss://.",
            field="url",
        )
    return found


def guard(
    version: Version, slot: int, profile: NetworkProfile, known: Slots, security_profile: int
) -> None:
    """``Conflict`` with the first thing that stands against it, ``Invalid`` for what cannot be."""
    found = address(profile)
    if version == "v21" and slot in known.priority:
        # 2.1: a slot that is tried must not be changed, whoever wants it.
        raise Invalid(
            f"Slot {slot} is in the station's NetworkConfigurationPriority, and OCPP 2.1 lets "
            "nobody change such a slot: choose another one.",
            field="slot",
        )
    if profile.security_profile not in ENCRYPTED and found.scheme == "wss":
        raise Conflict(f"Security profile {profile.security_profile} is without TLS, wss:// is.")
    if profile.security_profile < security_profile:
        raise Conflict(
            f"The station uses security profile {security_profile}; this one is weaker, and "
            "stations refuse to go back."
        )
    if slot == known.proven:
        raise Conflict(f"The station is connected by slot {slot}: without it there is no way back.")


def guard_priority(slots: Sequence[int], known: Slots) -> None:
    if len(set(slots)) != len(slots) or not slots:
        raise Invalid("Name each slot once, and at least one.", field="slots")
    proven = known.proven
    if proven is None:
        raise Conflict(
            "Nobody knows by which slot the station is connected: read ActiveNetworkProfile and "
            "NetworkConfigurationPriority of OCPPCommCtrlr first."
        )
    if proven not in slots:
        raise Conflict(f"The station is connected by slot {proven}: it has to stay in the list.")
    strange = [each for each in slots if each not in known.accepted | set(known.priority)]
    if strange:
        raise Conflict(f"Nobody knows that anything is in slot {strange[0]}.")


def guard_version(version: Version | None, station: str) -> Version:
    """The version, of those that have network profiles."""
    if version is None:
        raise Conflict(f"{station} never connected, so nobody knows how it speaks.")
    if version == "v16":
        raise Conflict(f"{station} speaks OCPP {NAMES[version]}, which has no network profiles.")
    return version


def numbers(value: str | None) -> list[int]:
    """The slots of a NetworkConfigurationPriority."""
    return [int(each) for each in (value or "").split(",") if each.strip().isdecimal()]
