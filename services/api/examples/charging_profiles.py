"""Smart charging."""

from datetime import timedelta

from msgspec import Struct

from libs.contracts.charging_profiles import (
    BrokenRule,
    CompositePeriod,
    CompositeSchedule,
    EvSchedulePage,
    EvScheduleView,
    LimitPage,
    LimitView,
    NeedsPage,
    NeedsView,
    ProfilePage,
    ProfileView,
)
from services.api.answers import CompositeAnswer, ProfileAnswer
from services.api.examples.spine import ACCEPTED, ID, NOON

SCHEDULE = {
    "id": 1,
    "startSchedule": "2026-06-01T12:00:00Z",
    "chargingRateUnit": "A",
    "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16.0}],
}
PROFILE = ProfileView(
    id=7,
    evse=1,
    purpose="TxDefaultProfile",
    stack_level=0,
    kind="Absolute",
    version="v201",
    profile={
        "id": 7,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Absolute",
        "chargingSchedule": [SCHEDULE],
    },
    set_at=NOON,
)
RULE = BrokenRule(
    rule="periods_begin_late",
    requirement="K01.FR.31",
    detail="The first period begins at 60 s.",
    hint="Let the first startPeriod be 0.",
    field="/chargingSchedule/0/chargingSchedulePeriod/0/startPeriod",
)
NEEDS = NeedsView(
    id=3,
    at=NOON,
    evse=1,
    answer="Processing",
    max_periods=12,
    departure_at=NOON + timedelta(hours=6),
    energy_transfer="AC_three_phase",
    needs={
        "requestedEnergyTransfer": "AC_three_phase",
        "departureTime": "2026-06-01T18:00:00Z",
        "acChargingParameters": {
            "energyAmount": 20_000,
            "evMinCurrent": 6,
            "evMaxCurrent": 16,
            "evMaxVoltage": 230,
        },
    },
)
EV_SCHEDULE = EvScheduleView(
    id=4, at=NOON, evse=1, answer="Accepted", begins_at=NOON, schedule=SCHEDULE
)
LIMIT = LimitView(id=5, evse=0, source="EMS", schedules=[SCHEDULE], told_at=NOON)

EXAMPLES: tuple[Struct, ...] = (
    ProfilePage(items=[PROFILE]),
    ProfileAnswer(
        status="answered",
        request=ID,
        payload={"status": "Rejected", "statusInfo": {"reasonCode": "InvalidSchedule"}},
        reason="InvalidSchedule",
        hint="Order the periods, the first at 0.",
        broken_rules=[RULE],
    ),
    CompositeAnswer(
        status="answered",
        request=ID,
        payload=ACCEPTED,
        schedule=CompositeSchedule(
            evse=1,
            begins_at=NOON,
            duration=3600,
            unit="A",
            periods=[CompositePeriod(start=0, limit=16.0, phases=3)],
        ),
    ),
    NeedsPage(items=[NEEDS]),
    EvSchedulePage(items=[EV_SCHEDULE]),
    LimitPage(items=[LIMIT]),
)
