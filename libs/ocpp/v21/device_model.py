from typing import Literal

from libs.ocpp.extensible import Extensible
from libs.ocpp.scalar import Natural, Str50

GenericDeviceModelStatus = Literal["Accepted", "Rejected", "NotSupported", "EmptyResultSet"]


class EVSE(Extensible):
    id: Natural
    connector_id: Natural | None = None
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
