"""Files that stations upload to us: `devices` keeps the record, `api` takes and gives the bytes.

Where a file goes is an address with a secret in it, good for one file and for some hours. The asks
about it come from the process at that address, which knows no tenant before it has asked.
"""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from libs.bus.message import PLATFORM, Ask, Event
from libs.contracts.stations import Done

UploadState = Literal["waiting", "receiving", "stored", "expired", "dropped"]
"""``waiting`` for its file, ``receiving`` it, ``stored``; ``expired``: none came in time;
``dropped``: it was kept as long as the platform keeps files.
"""


class UploadView(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A place for one file of a station, and the file once it is there."""

    id: str
    tenant: str
    station: str
    state: UploadState
    created_at: datetime
    expires_at: datetime
    """Until then its address takes a file."""
    bytes_max: int
    tries: int = 0
    """How often the station began to send."""
    failure: str | None = None
    """Why the last try failed."""
    file_name: str | None = None
    content_type: str | None = None
    size: int | None = None
    """Bytes."""
    sha256: str | None = None
    """Hexadecimal."""
    stored_at: datetime | None = None


class Ticket(Struct, frozen=True, kw_only=True):
    """Leave to write a file: under this name, no larger than that."""

    upload: str
    object: str
    bytes_max: int


class BeginUpload(Ask[Ticket]):
    """A station begins to send. ``NotFound``: nobody gave out this address. ``Conflict``: the file
    is there, or the time is over; the detail ``reason`` is ``stored`` or ``expired``.
    """

    subject = "api.{tenant}.devices.upload_begin"

    tenant: str = PLATFORM
    secret: str
    object: str
    """The name in the store, new for each try."""


class EndUpload(Ask[UploadView]):
    """All of it is in the store. ``Conflict``: another try was faster."""

    subject = "api.{tenant}.devices.upload_end"

    tenant: str = PLATFORM
    object: str
    file_name: str | None = None
    content_type: str | None = None
    size: int
    sha256: str


class FailUpload(Ask[Done]):
    """A try broke off, and nothing of it is in the store."""

    subject = "api.{tenant}.devices.upload_fail"

    tenant: str = PLATFORM
    object: str
    reason: str


class GetUpload(Ask[UploadView]):
    """By its id."""

    subject = "api.{tenant}.devices.upload"

    tenant: str
    upload: str


class StoredFile(Struct, frozen=True, kw_only=True):
    object: str
    file: UploadView


class GetFile(Ask[StoredFile]):
    """Where the bytes of an upload are. ``NotFound`` when no file is there (any more)."""

    subject = "api.{tenant}.devices.upload_file"

    tenant: str
    upload: str


class Objects(Struct, frozen=True, kw_only=True):
    objects: list[str] = []


class ListStaleFiles(Ask[Objects]):
    """What may go from the store: files older than they are kept, tries that never ended."""

    subject = "api.{tenant}.devices.upload_stale"

    tenant: str = PLATFORM
    limit: int = 200


class DropFiles(Ask[Done]):
    """These are gone from the store."""

    subject = "api.{tenant}.devices.upload_drop"

    tenant: str = PLATFORM
    objects: list[str]


class UploadStored(Event):
    """A file of a station arrived, whether or not the station says so."""

    subject = "event.{tenant}.upload.stored.{station}"

    station: str
    upload: str
    file_name: str | None = None
    size: int
    sha256: str

    def key(self) -> str:
        return self.upload
