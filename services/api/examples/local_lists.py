"""Local authorization lists."""

from msgspec import Struct

from libs.contracts.command import CommandResult
from libs.contracts.local_lists import (
    EntryView,
    ListChecked,
    ListLimits,
    ListSent,
    LocalListView,
    PartSent,
    Rule,
)
from services.api.examples.spine import ACCEPTED, NOON, TOKEN

PART = PartSent(
    at=NOON,
    type="Full",
    version=12,
    entries=1,
    result=CommandResult(
        status="answered", version="v201", action="SendLocalList", payload=ACCEPTED
    ),
)

EXAMPLES: tuple[Struct, ...] = (
    LocalListView(
        tenant="default",
        station="CP-1",
        mode="rule",
        rule=Rule(tokens="groups", groups=["fleet-7"]),
        sync=True,
        version=12,
        station_version=12,
        checked_at=NOON,
        supported=True,
        in_step=True,
        wanted=1,
        held=1,
        limits=ListLimits(items_per_message=50, bytes_per_message=16_000, entries=1000),
        last=PART,
        items=[EntryView(token=TOKEN.id, type=TOKEN.type, group="fleet-7", state="held")],
    ),
    ListSent(status="answered", accepted=True, version=12, parts=[PART]),
    ListChecked(
        result=CommandResult(
            status="answered",
            version="v201",
            action="GetLocalListVersion",
            payload={"versionNumber": 12},
        ),
        version=12,
        station_version=12,
        same=True,
    ),
)
