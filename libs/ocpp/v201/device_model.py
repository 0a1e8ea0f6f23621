from typing import Literal

from libs.ocpp.extensible import Extensible
from libs.ocpp.scalar import Int, Str50

GenericDeviceModelStatus = Literal["Accepted", "Rejected", "NotSupported", "EmptyResultSet"]


class EVSE(Extensible):
    id: Int
    connector_id: Int | None = None
    """None is the whole EVSE."""


class Component(Extensible):
    evse: EVSE | None = None
    name: Str50
    instance: Str50 | None = None


class Variable(Extensible):
    name: Str50
    instance: Str50 | None = None


class ComponentVariable(Extensible):
    component: Component
    variable: Variable | None = None
