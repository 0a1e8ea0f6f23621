"""The state machine of an EVSE as one table, and what each state looks like in OCPP 1.6 and 2.x.
Pure.
"""

from typing import Literal

from msgspec import Struct

State = Literal[
    "Available", "Plugged", "Presented", "Ready", "Charging",
    "SuspendedEV", "SuspendedEVSE", "Detached", "Finishing",
]  # fmt: skip
"""``Plugged``: a car without permission; ``Presented``: permission without a car; ``Ready``: both,
no energy yet; ``Detached``: the car's side was unplugged, the session waits for it; ``Finishing``:
it is over, the car stays.
"""

Input = Literal[
    "PlugIn", "Unplug", "Detach", "Authorize", "Draw", "Pause", "Withhold", "Stop", "Expire",
]  # fmt: skip
"""``Draw``, ``Pause``: the car takes energy or stops; ``Withhold``: the station offers none;
``Expire``: no car came in time.
"""

TABLE: dict[tuple[State, Input], State] = {
    ("Available", "PlugIn"): "Plugged",
    ("Available", "Authorize"): "Presented",
    ("Plugged", "Authorize"): "Ready",
    ("Plugged", "Stop"): "Finishing",
    ("Plugged", "Unplug"): "Available",
    ("Presented", "PlugIn"): "Ready",
    ("Presented", "Stop"): "Available",
    ("Presented", "Expire"): "Available",
    ("Ready", "Draw"): "Charging",
    ("Ready", "Pause"): "SuspendedEV",
    ("Ready", "Withhold"): "SuspendedEVSE",
    ("Ready", "Stop"): "Finishing",
    ("Ready", "Unplug"): "Available",
    ("Ready", "Detach"): "Detached",
    ("Charging", "Pause"): "SuspendedEV",
    ("Charging", "Withhold"): "SuspendedEVSE",
    ("Charging", "Stop"): "Finishing",
    ("Charging", "Unplug"): "Available",
    ("Charging", "Detach"): "Detached",
    ("SuspendedEV", "Draw"): "Charging",
    ("SuspendedEV", "Withhold"): "SuspendedEVSE",
    ("SuspendedEV", "Stop"): "Finishing",
    ("SuspendedEV", "Unplug"): "Available",
    ("SuspendedEV", "Detach"): "Detached",
    ("SuspendedEVSE", "Draw"): "Charging",
    ("SuspendedEVSE", "Pause"): "SuspendedEV",
    ("SuspendedEVSE", "Stop"): "Finishing",
    ("SuspendedEVSE", "Unplug"): "Available",
    ("SuspendedEVSE", "Detach"): "Detached",
    ("Detached", "PlugIn"): "Ready",
    ("Detached", "Stop"): "Available",
    ("Finishing", "Authorize"): "Ready",
    ("Finishing", "Stop"): "Finishing",
    ("Finishing", "Unplug"): "Available",
}
"""What is not listed does not happen: the input is refused and nothing changes."""

TriggerReason = Literal[
    "Authorized", "CablePluggedIn", "ChargingRateChanged", "ChargingStateChanged", "Deauthorized",
    "EVCommunicationLost", "EVConnectTimeout", "MeterValueClock", "MeterValuePeriodic", "Trigger",
    "UnlockCommand", "StopAuthorized", "RemoteStop", "RemoteStart", "AbnormalCondition",
    "ResetCommand",
]  # fmt: skip

TRIGGERS: dict[Input, TriggerReason] = {
    "PlugIn": "CablePluggedIn",
    "Unplug": "EVCommunicationLost",
    "Detach": "EVCommunicationLost",
    "Authorize": "Authorized",
    "Draw": "ChargingStateChanged",
    "Pause": "ChargingStateChanged",
    "Withhold": "ChargingStateChanged",
    "Stop": "StopAuthorized",
    "Expire": "EVConnectTimeout",
}
"""The trigger reason of an input; a cause that has one of its own takes precedence."""

Cause = Literal[
    "Local", "Remote", "RemoteStart", "DeAuthorized", "EVDisconnected", "UnlockCommand",
    "SoftReset", "HardReset", "PowerLoss", "Fault", "MasterPass", "Timeout",
]  # fmt: skip


class Reason(Struct, frozen=True):
    """How a cause is told: triggerReason and stoppedReason of 2.x, reason of 1.6."""

    trigger: TriggerReason | None
    stopped: str
    stopped16: str


REASONS: dict[Cause, Reason] = {
    "Local": Reason("StopAuthorized", "Local", "Local"),
    "Remote": Reason("RemoteStop", "Remote", "Remote"),
    "RemoteStart": Reason("RemoteStart", "Other", "Other"),
    "DeAuthorized": Reason("Deauthorized", "DeAuthorized", "DeAuthorized"),
    "EVDisconnected": Reason(None, "EVDisconnected", "EVDisconnected"),
    "UnlockCommand": Reason("UnlockCommand", "Other", "UnlockCommand"),
    "SoftReset": Reason("ResetCommand", "ImmediateReset", "SoftReset"),
    "HardReset": Reason("ResetCommand", "ImmediateReset", "HardReset"),
    "PowerLoss": Reason("AbnormalCondition", "PowerLoss", "PowerLoss"),
    "Fault": Reason("AbnormalCondition", "Other", "Other"),
    "MasterPass": Reason("StopAuthorized", "MasterPass", "Local"),
    "Timeout": Reason("EVConnectTimeout", "Timeout", "Other"),
}

Condition = Literal["EVConnected", "Authorized", "DataSigned", "PowerPathClosed", "EnergyTransfer"]
"""What TxStartPoint and TxStopPoint name; this station has no sensor of the parking bay."""

_PATH: frozenset[Condition] = frozenset({"EVConnected", "Authorized", "PowerPathClosed"})
_SIGNED: frozenset[Condition] = frozenset({"DataSigned"})
_FLOW: frozenset[Condition] = frozenset({"EnergyTransfer"})

CONDITIONS: dict[State, frozenset[Condition]] = {
    "Available": frozenset(),
    "Plugged": frozenset({"EVConnected"}),
    "Presented": frozenset({"Authorized"}),
    "Ready": _PATH,
    "Charging": _PATH | _SIGNED | _FLOW,
    "SuspendedEV": _PATH | _SIGNED,
    "SuspendedEVSE": _PATH | _SIGNED,
    # E10: with StopTxOnEVSideDisconnect off the session outlives the cable, whatever the stop point
    # is.
    "Detached": _PATH | _SIGNED,
    "Finishing": frozenset({"EVConnected"}),
}

Status16 = Literal[
    "Available", "Preparing", "Charging", "SuspendedEV", "SuspendedEVSE", "Finishing",
    "Reserved", "Unavailable", "Faulted",
]  # fmt: skip
ConnectorStatus = Literal["Available", "Occupied", "Reserved", "Unavailable", "Faulted"]
ChargingState = Literal["Charging", "EVConnected", "SuspendedEV", "SuspendedEVSE", "Idle"]


class View(Struct, frozen=True):
    """A state as it is told: 1.6 status, 2.x connector status, 2.x charging state within a
    transaction.
    """

    status: Status16
    connector: ConnectorStatus
    charging: ChargingState


VIEWS: dict[State, View] = {
    "Available": View("Available", "Available", "Idle"),
    "Plugged": View("Preparing", "Occupied", "EVConnected"),
    "Presented": View("Preparing", "Available", "Idle"),
    "Ready": View("Preparing", "Occupied", "EVConnected"),
    "Charging": View("Charging", "Occupied", "Charging"),
    "SuspendedEV": View("SuspendedEV", "Occupied", "SuspendedEV"),
    "SuspendedEVSE": View("SuspendedEVSE", "Occupied", "SuspendedEVSE"),
    "Detached": View("SuspendedEV", "Occupied", "SuspendedEV"),
    "Finishing": View("Finishing", "Occupied", "EVConnected"),
}

RESTING: dict[State, State] = {
    "Available": "Available",
    "Plugged": "Plugged",
    "Presented": "Available",
    "Ready": "Finishing",
    "Charging": "Finishing",
    "SuspendedEV": "Finishing",
    "SuspendedEVSE": "Finishing",
    "Detached": "Available",
    "Finishing": "Finishing",
}
"""Where a state comes to rest when its transaction ends: the permission is used up."""

Effect = Literal["start", "update", "stop", "nothing"]


class Points(Struct, frozen=True):
    """TxStartPoint and TxStopPoint."""

    start: frozenset[str]
    stop: frozenset[str]


FORCING: frozenset[Cause] = frozenset(
    {"SoftReset", "HardReset", "PowerLoss", "Fault", "UnlockCommand"}
)
"""Causes that end a transaction whatever its stop points are."""


def effect(before: State, after: State, points: Points, *, ongoing: bool) -> Effect:
    """What a step means for the transaction.

    It starts when any start point comes true and stops when any stop point comes false (E01, E06).
    Beyond the
    letter, energy never flows outside a transaction, and none outlives both the car and the
    permission.
    """
    was, now = CONDITIONS[before], CONDITIONS[after]
    if not ongoing:
        return "start" if (now - was) & points.start or after == "Charging" else "nothing"
    if (was - now) & points.stop or after == "Available":
        return "stop"
    return "update" if before != after else "nothing"


def view(state: State, *, faulted: bool, operative: bool, reserved: bool) -> View:
    """What is told of an EVSE: a fault covers everything, and a reservation only a free or plugged
    place.
    """
    base = VIEWS[state]
    if faulted:
        return View("Faulted", "Faulted", base.charging)
    if not operative:
        return View("Unavailable", "Unavailable", base.charging)
    if reserved and state in {"Available", "Plugged"}:
        return View("Reserved", "Reserved", base.charging)
    return base
