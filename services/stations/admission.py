"""Who may open a socket: the decision for one websocket handshake."""

from typing import Literal

from msgspec import Struct

from libs.contracts.stations import Admission, Admit, Registration
from services.stations.habit import Known
from services.stations.secret import Kept

SecretVerdict = Literal["not asked", "right", "wrong", "busy"]
"""What comparing the presented secret gave; ``busy``: too many comparisons wait already."""

IDENTITY_CHARACTERS_MAX = 255
UNKNOWN = Known(None, None, None, None, None)
BUSY_RETRY_SECONDS = 5


class Record(Struct, frozen=True, kw_only=True, gc=False):
    """What the registry knows of a station, as far as a handshake is concerned."""

    tenant: str
    station: str
    security_profile: int = 0
    secret: Kept | None = None
    strict: bool = False
    boot_status: Registration | None = None
    habit: Known = UNKNOWN


def well_formed(identity: str) -> bool:
    """Whether this can be a station's identity at all (2.5: no control characters)."""
    return 0 < len(identity) <= IDENTITY_CHARACTERS_MAX and identity.isprintable()


def secret_to_compare(records: list[Record], request: Admit) -> bool:
    """Whether the decision needs the presented secret compared with the stored one."""
    if len(records) != 1 or request.secret is None or records[0].secret is None:
        return False
    # Without the right user the secret cannot help, and hashing it would be a gift to an attacker.
    return names_itself(request)


def names_itself(request: Admit) -> bool:
    """The user of HTTP basic must be the identity itself (A00.FR.205, TC_A_02)."""
    return request.user == request.station.encode()


def decide(records: list[Record], request: Admit, secret: SecretVerdict, epoch: int) -> Admission:
    """Whether the socket may be opened. ``records``: the stations of that identity, in the tenant
    that the URL names or in any.
    """
    if not records:
        return refuse("unknown", f"No station {request.station!r} is registered here.")
    if len(records) > 1:
        return refuse(
            "unknown",
            f"Several tenants have a station {request.station!r}: name the tenant in the URL "
            "(/ocpp/TENANT/STATION).",
        )
    record = records[0]
    if secret == "busy":  # noqa: S105 - a verdict, no secret
        return Admission(
            admitted=False,
            refused="busy",
            reason="Too many stations are being verified; try again soon.",
            retry_after_seconds=BUSY_RETRY_SECONDS,
        )
    return (
        wrong_transport(record, request)
        or wrong_credentials(record, request, secret)
        or Admission(
            admitted=True,
            tenant=record.tenant,
            station=record.station,
            epoch=epoch,
            boot_status=record.boot_status,
            strict=record.strict,
        )
    )


def wrong_transport(record: Record, request: Admit) -> Admission | None:
    """A station never comes in below the profile that is recorded for it (A05.FR.07, TC_A_19)."""
    profile = record.security_profile
    if profile >= 2 and not request.tls:
        return refuse("forbidden", f"Security profile {profile} of this station needs TLS.")
    if profile >= 3:
        return refuse(
            "forbidden",
            "Security profile 3 of this station needs a client certificate bound to it, and "
            "none is verified here.",
        )
    return None


def wrong_credentials(record: Record, request: Admit, secret: SecretVerdict) -> Admission | None:
    """HTTP basic is needed from profile 1 on; below, only what is presented must not be wrong."""
    profile = record.security_profile
    if profile == 0 and (record.secret is None or request.secret is None):
        return None
    if record.secret is None:
        return refuse(
            "unauthorized", f"Security profile {profile} needs a password; none is set yet."
        )
    if request.secret is None:
        return refuse("unauthorized", f"Security profile {profile} needs HTTP basic credentials.")
    if not names_itself(request):
        return refuse("unauthorized", "The user of the credentials is not the station's identity.")
    if secret != "right":  # noqa: S105 - a verdict, no secret
        return refuse("unauthorized", "The password is wrong.")
    return None


def refuse(how: Literal["unknown", "unauthorized", "forbidden"], reason: str) -> Admission:
    return Admission(admitted=False, refused=how, reason=reason)
