"""The wire of a station with habits: what it does not take, and how it writes what it says.

Frames are changed where they come in and go out; what the station does is as ever.
"""

import re
from typing import TYPE_CHECKING, Any, cast

import msgspec

from libs.ocpp import catalog, codec, frame
from libs.ocpp.fault import spell
from libs.ocpp.shape import (
    Anything,
    Array,
    Choice,
    Flag,
    Moment,
    Object,
    Real,
    Shape,
    Text,
    Whole,
    shape,
)
from libs.station.habits import Habits

if TYPE_CHECKING:
    from libs.station.controller import Controller

BATCHES = {"GetVariables": "getVariableData", "SetVariables": "setVariableData"}
STARTS = {"RemoteStartTransaction": "connectorId", "RequestStartTransaction": "evseId"}
TOKENS = frozenset({"idTag", "parentIdTag", "idToken"})
EXTRA = {"vendorExtension": "x"}

_FRACTION = re.compile(rb'T\d\d:\d\d:\d\d\.\d+Z"')
_BARE = re.compile(r"0|[1-9]\d{0,8}", re.ASCII)


class Odd:
    """Between a station and its link."""

    __slots__ = ("_asked", "_habits", "_station")

    def __init__(self, habits: Habits, station: "Controller") -> None:
        self._habits = habits
        self._station = station
        self._asked: dict[str, str] = {}
        """The actions of the CALLs that were not answered yet, by their ids."""

    # What comes in

    def stops(self, message: frame.Frame) -> bool:
        """Whether a frame gets no further, because the station does not take it."""
        match message:
            case frame.CallResult() if not self._habits.reads_fractions:
                return self._unread(message)
            case frame.Call():
                return self._refused(message)
            case frame.CallResult() | frame.CallError() | frame.CallResultError() | frame.Send():
                return False

    def _unread(self, result: frame.CallResult) -> bool:
        if _FRACTION.search(bytes(result.payload)) is None:
            return False
        error = frame.CallError(result.id, "FormatViolation", "a time cannot be read")
        self._station.calls.error(error)
        return True

    def _refused(self, call: frame.Call) -> bool:
        payload: dict[str, Any] = msgspec.json.decode(call.payload)
        if call.action in self._habits.unknown:
            return self._error(call, "not known here")
        if self._too_many(call.action, payload):
            return self._error(call, "too many at once")
        if call.action == "GetConfiguration" and not payload.get("key"):
            if not self._habits.keys_all:
                return True
        elif self._unwanted(call.action, payload):
            answer = frame.encode_result(call.id, b'{"status":"Rejected"}')
            self._station.transmit(answer)
            return True
        self._asked[call.id] = call.action
        return False

    def _error(self, call: frame.Call, description: str) -> bool:
        code = spell("NotImplemented", self._station.profile.version)
        self._station.transmit(frame.encode_error(call.id, code, description, {}))
        return True

    def _too_many(self, action: str, payload: dict[str, Any]) -> bool:
        if action == "GetConfiguration":
            most, items = self._habits.keys_max, payload.get("key", [])
        else:
            most, items = self._habits.items_max, payload.get(BATCHES.get(action, ""), [])
        return most is not None and len(items) > most

    def _unwanted(self, action: str, payload: dict[str, Any]) -> bool:
        habits = self._habits
        match action:
            case "Reset":
                return not habits.soft_reset and payload["type"] in {"Soft", "OnIdle"}
            case "ChangeAvailability":
                whole = not payload.get("connectorId") and payload.get("evse") is None
                return not habits.connector_zero and whole
            case "RemoteStartTransaction" | "RequestStartTransaction":
                return habits.needs_connector and not payload.get(STARTS[action])
            case "SetChargingProfile" | "GetCompositeSchedule":
                return (
                    habits.rate_unit is not None and _units(payload) - {habits.rate_unit} != set()
                )
            case _:
                return False

    # What goes out

    def say(self, data: bytes) -> None:
        """Send a frame, written as this station writes."""
        told = cast("list[Any]", msgspec.json.decode(data))
        kind, number = told[0], told[1]
        if kind == 2:
            request = catalog.find(self._station.profile.version, told[2])
            if request is not None:
                told[3] = self._written(shape(request), told[3])
        elif kind == 3 and (action := self._asked.pop(number, None)) is not None:
            request = catalog.find(self._station.profile.version, action)
            if request is not None:
                told[2] = self._written(shape(request.response), told[2])
        self._transmit(kind, msgspec.json.encode(told))
        if self._habits.early_status and kind == 2 and told[2] == "BootNotification":
            self._hasten()

    def _transmit(self, kind: int, data: bytes) -> None:
        seconds = self._habits.answer_seconds
        if kind != 3 or not seconds:
            self._station.transmit(data)
            return
        self._station.clock.after_patience(seconds, lambda: self._station.transmit(data))

    def _hasten(self) -> None:
        """Tell the status of all that there is, whatever the server says to the boot."""
        station = self._station
        for evse, place in station.evses.items():
            status = station.dialect.status(
                evse, station.view(evse), station.clock.now(), place.fault
            )
            number = station.calls.new_id()
            self.say(frame.encode_call(number, status.action, codec.encode(status)))

    def _written(self, form: Shape, value: Any, name: str = "") -> Any:
        habits = self._habits
        match form:
            case Object() if isinstance(value, dict):
                return self._object(form, cast("dict[str, Any]", value))
            case Array() if isinstance(value, list):
                items = cast("list[Any]", value)
                return [self._written(form.item, item, name) for item in items]
            case Text() if isinstance(value, str):
                return self._text(value, name)
            case Whole() if habits.quotes_numbers:
                return str(value)
            case Choice() if habits.letters is not None:
                return value.upper() if habits.letters == "upper" else value.lower()
            case Moment() if not habits.writes_zone:
                return value.removesuffix("Z")
            case Object() | Array() | Text() | Whole() | Choice() | Moment():
                return value
            case Real() | Flag() | Anything():
                return value

    def _object(self, form: Object, value: dict[str, Any]) -> dict[str, Any]:
        written = {
            name: self._written(form.properties[name].shape, item, name)
            if name in form.properties
            else item
            for name, item in value.items()
        }
        if self._habits.nulls:
            absent = (p.name for p in form.properties.values() if not p.required)
            written |= {name: None for name in absent if name not in written}
        return written | EXTRA if self._habits.extras and form.closed else written

    def _text(self, value: str, name: str) -> Any:
        if self._habits.lower_tokens and name in TOKENS:
            return value.lower()
        if self._habits.bare_texts and _BARE.fullmatch(value):
            return int(value)
        return value


def _units(payload: Any) -> set[str]:
    """The charging rate units that are named anywhere in it."""
    if isinstance(payload, list):
        return set[str]().union(*map(_units, cast("list[Any]", payload)))
    if not isinstance(payload, dict):
        return set()
    fields = cast("dict[str, Any]", payload)
    named = {fields["chargingRateUnit"]} if "chargingRateUnit" in fields else set[str]()
    return named.union(*map(_units, fields.values()))
