"""The certification cases of block E as the messages that a station sends (ocpp.md 4.2, 5.2)."""

from typing import Any, NamedTuple

GOOD, BAD = "DEMO0003", "NO-SUCH-TOKEN"


class Step(NamedTuple):
    """A TransactionEvent. ``state``: the charging state; ``reason``: why it stopped."""

    kind: str
    trigger: str
    state: str | None = None
    token: str | None = None
    register: int | None = None
    reason: str | None = None

    def fields(self) -> dict[str, Any]:
        info: dict[str, Any] = {}
        if self.state is not None:
            info["chargingState"] = self.state
        if self.reason is not None:
            info["stoppedReason"] = self.reason
        return {"info": info, "token": self.token, "register": self.register}


class Case(NamedTuple):
    steps: list[Step]
    reason: str | None = "Local"
    """What the ledger says in the end why it stopped; None: it still runs."""
    energy: int = 450


def started(trigger: str, state: str, **more: Any) -> Step:
    return Step("Started", trigger, state, **{"register": 1_000, **more})


def updated(trigger: str, state: str | None = None, **more: Any) -> Step:
    return Step("Updated", trigger, state, **more)


def ended(trigger: str, state: str | None = None, **more: Any) -> Step:
    return Step("Ended", trigger, state, **{"register": 1_450, **more})


PLUGGED = started("CablePluggedIn", "EVConnected")
SHOWN = started("Authorized", "Idle", token=GOOD)
AUTHORIZED = updated("Authorized", token=GOOD)
CABLE = updated("CablePluggedIn", "EVConnected")
CHARGING = updated("ChargingStateChanged", "Charging")
SAMPLE = updated("MeterValuePeriodic", register=1_200)
RUNNING = [PLUGGED, AUTHORIZED, CHARGING, SAMPLE]
STOPPED = updated("StopAuthorized", "EVConnected", token=GOOD)
GONE = ended("EVCommunicationLost", "Idle", reason="EVDisconnected")

CASES: dict[str, Case] = {
    "TC_E_01": Case([started("ChargingStateChanged", "Charging", token=GOOD), SAMPLE], None, 200),
    "TC_E_02": Case(
        [started("ChargingStateChanged", "Charging", token=GOOD), SAMPLE, CHARGING], None, 200
    ),
    "TC_E_03": Case(RUNNING, None, 200),
    "TC_E_04": Case([SHOWN, CABLE, CHARGING, SAMPLE], None, 200),
    "TC_E_07": Case([*RUNNING, ended("StopAuthorized", "EVConnected", token=GOOD)]),
    "TC_E_08": Case([*RUNNING, ended("StopAuthorized", "EVConnected", token=GOOD, reason="Local")]),
    "TC_E_09": Case([PLUGGED], None, 0),
    "TC_E_10": Case([SHOWN], None, 0),
    "TC_E_11": Case([started("SignedDataReceived", "EVConnected", token=GOOD)], None, 0),
    "TC_E_12": Case([started("EVDetected", "Idle")], None, 0),
    "TC_E_14": Case([*RUNNING, STOPPED, GONE], "EVDisconnected"),
    "TC_E_15": Case([*RUNNING, ended("StopAuthorized", "EVConnected", token=GOOD)]),
    "TC_E_16": Case(
        [PLUGGED, updated("Authorized", token=BAD), ended("Deauthorized", reason="DeAuthorized")],
        "DeAuthorized",
    ),
    "TC_E_17": Case(
        [*RUNNING, ended("EVCommunicationLost", "Idle", reason="EVDisconnected")], "EVDisconnected"
    ),
    "TC_E_19": Case([*RUNNING, STOPPED, ended("EVDeparted", "Idle")]),
    "TC_E_20": Case([*RUNNING, GONE], "EVDisconnected"),
    "TC_E_21": Case([*RUNNING, ended("RemoteStop", "EVConnected", reason="Remote")], "Remote"),
    "TC_E_22": Case(
        [*RUNNING, ended("ChargingStateChanged", "SuspendedEV", reason="StoppedByEV")],
        "StoppedByEV",
    ),
    "TC_E_26": Case([*RUNNING, updated("EVCommunicationLost", "SuspendedEV")], None, 200),
    "TC_E_38": Case([PLUGGED, AUTHORIZED, updated("ChargingStateChanged", "SuspendedEV")], None, 0),
    "TC_E_39": Case([SHOWN, ended("EVConnectTimeout", "Idle", reason="Timeout")], "Timeout"),
}
