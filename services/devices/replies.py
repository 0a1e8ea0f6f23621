"""What a station answered to each variable that it was asked for or told to set. Pure."""

from collections.abc import Sequence
from typing import Any

from libs.contracts.device_model import Attribute, ItemResult, ItemStatus
from libs.ocpp import v16
from libs.ocpp.message import Request
from services.devices import batch, keys
from services.devices.batch import Matched
from services.devices.variable import ACTUAL, Told, clean, place_of
from services.devices.wording import Wanted


def of(
    item: Wanted,
    status: ItemStatus,
    *,
    value: str | None = None,
    reason: str | None = None,
    info: str | None = None,
    **more: Any,
) -> ItemResult:
    """The result of an item, by the names it was asked for."""
    place = item.place
    return ItemResult(
        component=place.component,
        instance=place.instance,
        evse=place.evse,
        connector=place.connector,
        variable=place.variable,
        variable_instance=place.variable_instance,
        attribute=item.attribute,
        key=item.key,
        status=status,
        value=None if item.place.secret else value,
        reason=reason,
        info=info,
        **more,
    )


def read(items: Sequence[Wanted], call: Request[Any], answer: Any) -> Matched:
    """The result of each item that the answer names."""
    match call.action:
        case "GetVariables":
            return each(items, answer.get_variable_result)
        case "SetVariables":
            return each(items, answer.set_variable_result)
        case "GetConfiguration":
            return of_keys(items, answer)
        case _:  # ChangeConfiguration
            return Matched({items[0].position: of(items[0], answer.status)}, set())


def slot(result: Any) -> tuple[str, Attribute]:
    """What a result of 2.x is about."""
    place = place_of(result.component, result.variable)
    return (place.folded, result.attribute_type or ACTUAL)


def each(items: Sequence[Wanted], results: Sequence[Any]) -> Matched:
    by_position = {item.position: item for item in items}
    found = batch.match(items, [(slot(result), result) for result in results])
    answers = {
        position: of_result(by_position[position], result)
        for position, result in found.answers.items()
    }
    return Matched(answers, found.flags)


def of_result(item: Wanted, result: Any) -> ItemResult:
    info = result.attribute_status_info
    return of(
        item,
        result.attribute_status,
        value=getattr(result, "attribute_value", None),
        reason=info.reason_code if info else None,
        info=info.additional_info if info else None,
    )


def of_keys(items: Sequence[Wanted], answer: v16.GetConfigurationResponse) -> Matched:
    """A key that the station does not know is named as such."""
    by_position = {item.position: item for item in items}
    known = [((keys.of(each.key).folded, ACTUAL), each) for each in answer.configuration_key or []]
    unknown = [((keys.of(key).folded, ACTUAL), None) for key in answer.unknown_key or []]
    found = batch.match(items, [*known, *unknown])
    # 1.6 lists what it does not know apart, so the order of both says nothing.
    flags = found.flags - {"reordered"}
    answers = {
        position: of_key(by_position[position], value) for position, value in found.answers.items()
    }
    return Matched(answers, flags)


def of_key(item: Wanted, value: v16.KeyValue | None) -> ItemResult:
    if value is None:
        return of(item, "UnknownVariable")
    mutability = "ReadOnly" if value.readonly else "ReadWrite"
    return of(item, "Accepted", value=value.value, mutability=mutability)


# -- what is known after it ----------------------------------------------------------------------


def told_by_reading(results: Sequence[Any]) -> list[Told]:
    """Of the getVariableResult of a response."""
    found: list[Told] = []
    for result in results:
        place, attribute = place_of(result.component, result.variable), result.attribute_type
        info = result.attribute_status_info
        if result.attribute_status == "Accepted":
            value = None if result.attribute_value is None else clean(result.attribute_value)
            found.append(Told(place, attribute or ACTUAL, value))
        elif info is not None and info.reason_code == "WriteOnly":
            found.append(Told(place, attribute or ACTUAL, mutability="WriteOnly"))
    return found


def told_by_writing(data: Sequence[Any], results: Sequence[Any]) -> list[Told]:
    """Of a SetVariables request and the setVariableResult of its response."""
    values = {slot(item): clean(item.attribute_value) for item in data}
    found: list[Told] = []
    for result in results:
        value = values.get(slot(result))
        place, attribute = place_of(result.component, result.variable), result.attribute_type
        if value is None:
            continue
        if result.attribute_status == "Accepted":
            found.append(Told(place, attribute or ACTUAL, value))
        elif result.attribute_status == "RebootRequired":
            found.append(Told(place, attribute or ACTUAL, pending=value))
    return found
