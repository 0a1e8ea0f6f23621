"""What a station is asked about a customer."""

from typing import Annotated

from msgspec import Meta

from libs.contracts.customers import HashAlgorithm
from services.api.bodies.base import Body, Name


class CertificateBody(Body, frozen=True, kw_only=True):
    """Which certificate is meant."""

    example = {
        "algorithm": "SHA256",
        "issuer_name_hash": "8ab1",
        "issuer_key_hash": "27f0",
        "serial_number": "4711",
    }

    algorithm: HashAlgorithm
    issuer_name_hash: Annotated[str, Meta(max_length=128)]
    issuer_key_hash: Annotated[str, Meta(max_length=128)]
    serial_number: Annotated[str, Meta(max_length=40)]
    """Hexadecimal, without leading zeros."""


class CustomerPost(Body, frozen=True, kw_only=True):
    """Exactly one of `token`, `certificate` and `identifier` (CustomerInformation)."""

    example = {"token": "04A2B3C4D5E6F7", "report": True, "clear": False}

    token: Name | None = None
    token_type: Annotated[str, Meta(min_length=1, max_length=20)] = "ISO14443"  # noqa: S105 - a kind of card
    """OCPP 2.x IdTokenEnumType."""
    certificate: CertificateBody | None = None
    identifier: Annotated[str, Meta(min_length=1, max_length=64)] | None = None
    """What the station's vendor calls the customer."""
    report: bool = True
    """Whether the station is to tell what it knows."""
    clear: bool = False
    """Whether it is to forget it. A token then leaves the station's local list, too."""
