"""The password that a station took: AuthorizationKey of 1.6, SecurityCtrlr.BasicAuthPassword of 2.x
(A01.FR.11). Where it is accepted, the next connection is opened with it.
"""

from collections.abc import Sequence
from typing import Any

from libs.ocpp import v16, v21, v201

KEY = "authorizationkey"
WHERE = ("securityctrlr", "basicauthpassword")
TAKEN = frozenset({"Accepted", "RebootRequired"})


def taken(call: object, answer: object) -> str | None:
    """The new password, where this was a change of it and the station agreed."""
    match call, answer:
        case v16.ChangeConfiguration(), v16.ChangeConfigurationResponse():
            agreed = call.key.lower() == KEY and answer.status in TAKEN
            return call.value if agreed else None
        case v201.SetVariables(), v201.SetVariablesResponse():
            return among(call.set_variable_data, answer.set_variable_result)
        case v21.SetVariables(), v21.SetVariablesResponse():
            return among(call.set_variable_data, answer.set_variable_result)
        case _:
            return None


def among(data: Sequence[Any], results: Sequence[Any]) -> str | None:
    """Results come in any order (B05), so they are found by component and variable."""
    agreed = any(is_it(result) and result.attribute_status in TAKEN for result in results)
    values = [item.attribute_value for item in data if is_it(item)]
    return values[-1] if values and agreed else None


def is_it(item: Any) -> bool:
    named = (item.component.name.lower(), item.variable.name.lower())
    return named == WHERE and item.attribute_type in {None, "Actual"}
