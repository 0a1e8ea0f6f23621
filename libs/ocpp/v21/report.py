from typing import Literal

from libs.ocpp.extensible import Extensible
from libs.ocpp.scalar import Positive, Str16, Str1000, Str2500, UpTo4
from libs.ocpp.v21.device_model import Component, Variable

Attribute = Literal["Actual", "Target", "MinSet", "MaxSet"]

Mutability = Literal["ReadOnly", "WriteOnly", "ReadWrite"]

Data = Literal[
    "string",
    "decimal",
    "integer",
    "dateTime",
    "boolean",
    "OptionList",
    "SequenceList",
    "MemberList",
]


class VariableAttribute(Extensible):
    type: Attribute | None = None
    """None is Actual."""
    value: Str2500 | None = None
    """None if the variable is write only."""
    mutability: Mutability | None = None
    """None is ReadWrite."""
    persistent: bool | None = None
    constant: bool | None = None


class VariableCharacteristics(Extensible):
    unit: Str16 | None = None
    data_type: Data
    min_limit: float | None = None
    max_limit: float | None = None
    max_elements: Positive | None = None
    values_list: Str1000 | None = None
    """Separated by commas."""
    supports_monitoring: bool


class ReportData(Extensible):
    component: Component
    variable: Variable
    variable_attribute: UpTo4[VariableAttribute]
    variable_characteristics: VariableCharacteristics | None = None
