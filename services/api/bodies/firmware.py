"""Firmware as operators have it installed and published."""

from typing import Annotated

from msgspec import Meta

from services.api.bodies.base import Body, Moment, Number

Location = Annotated[str, Meta(min_length=1, max_length=2000)]
Checksum = Annotated[str, Meta(pattern="^[0-9a-fA-F]{32}$")]


class FirmwarePost(Body, frozen=True, kw_only=True):
    """An update (UpdateFirmware); of 1.6 with certificate and signature SignedUpdateFirmware."""

    example = {
        "location": "https://files.example/duo-22/3.5.0.bin",
        "install_at": "2027-01-01T02:00:00Z",
        "retries": 3,
    }

    location: Location
    """Where the station fetches the file."""
    retrieve_at: Moment | None = None
    """When it may fetch it; absent: now."""
    install_at: Moment | None = None
    """When it may install it; absent: once it has it. UpdateFirmware of 1.6 knows no such time."""
    signing_certificate: Annotated[str, Meta(min_length=1, max_length=5500)] | None = None
    """PEM; goes together with `signature`."""
    signature: Annotated[str, Meta(min_length=1, max_length=800)] | None = None
    """Base64, over the file."""
    retries: Number | None = None
    """How often the station tries again to fetch it."""
    retry_interval: Number | None = None
    """Seconds between its tries."""


class PublishPost(Body, frozen=True, kw_only=True):
    """A file that a local controller is to offer to its stations (PublishFirmware, OCPP 2.x)."""

    example = {
        "location": "https://files.example/duo-22/3.5.0.bin",
        "checksum": "d41d8cd98f00b204e9800998ecf8427e",
    }

    location: Location
    """Where the local controller fetches the file."""
    checksum: Checksum
    """MD5 over the whole file, hexadecimal."""
    retries: Number | None = None
    """How often it tries again to fetch it."""
    retry_interval: Number | None = None
    """Seconds between its tries."""


class UnpublishPost(Body, frozen=True, kw_only=True):
    """A file that a local controller is to offer no longer (UnpublishFirmware, OCPP 2.x)."""

    example = {"checksum": "d41d8cd98f00b204e9800998ecf8427e"}

    checksum: Checksum
    """MD5 over the whole file, hexadecimal."""
