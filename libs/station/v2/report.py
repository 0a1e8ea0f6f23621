"""The device model of a station as 2.x reports it."""

from collections.abc import Iterable, Iterator

from libs.ocpp import v21, v201
from libs.station.controller import Controller
from libs.station.reporting import Reporting
from libs.station.setting import Setting
from libs.station.settings import components, place, variables

PART_MAX = 20
"""Variables in one NotifyReport."""

SUMMARY = {"AvailabilityState", "Problem", "Fallback"}

Component = v201.Component | v21.Component
Variable = v201.Variable | v21.Variable
Wanted = v201.ComponentVariable | v21.ComponentVariable


def find(
    station: Controller, component: Component, variable: Variable
) -> Setting | v201.SetVariableStatus:
    """The setting of a variable, or the status that says what is unknown."""
    where = (
        component.name.casefold(),
        component.evse.id if component.evse else None,
        component.evse.connector_id if component.evse else None,
    )
    known = components(station.profile.evses).get(where)
    if known is None or component.instance:
        return "UnknownComponent"
    instance = variable.instance.casefold() if variable.instance else None
    return known.get((variable.name.casefold(), instance)) or "UnknownVariable"


def base(station: Controller, report_base: str) -> list[Setting]:
    """What GetBaseReport asks for (B07)."""
    every = variables(station.profile.evses)
    match report_base:
        case "ConfigurationInventory":
            return [setting for setting in every if setting.access != "ReadOnly"]
        case "SummaryInventory":
            return [setting for setting in every if setting.variable in SUMMARY]
        case _:
            return list(every)


def chosen(
    station: Controller, wanted: Iterable[Wanted] | None, criteria: Iterable[str] | None
) -> list[Setting]:
    """What GetReport asks for (B08): components that meet any criterion, and of them what is
    listed.
    """
    found = list(variables(station.profile.evses))
    if criteria is not None:
        criteria = set(criteria)
        found = [setting for setting in found if _meets(station, setting, criteria)]
    if wanted is not None:
        wanted = list(wanted)
        found = [setting for setting in found if any(listed(setting, item) for item in wanted)]
    return found


def _meets(station: Controller, setting: Setting, criteria: set[str]) -> bool:
    """A component without the variable counts as active, available and enabled, but not as a
    problem (B08).
    """
    siblings = components(station.profile.evses)[place(setting)]
    for criterion in criteria:
        flag = siblings.get((criterion.casefold(), None))
        if flag is None and criterion != "Problem":
            return True
        if flag is not None and station.configuration.read(flag) == "true":
            return True
    return False


def listed(setting: Setting, item: Wanted) -> bool:
    evse, variable = item.component.evse, item.variable
    if item.component.instance:
        return False
    same_place = setting.component.casefold() == item.component.name.casefold() and (
        evse is None or (setting.evse == evse.id and evse.connector_id in {None, setting.connector})
    )
    if variable is None or not same_place:
        return same_place
    instance = setting.instance.casefold() if setting.instance else None
    asked = variable.instance.casefold() if variable.instance else None
    return setting.variable.casefold() == variable.name.casefold() and asked in {None, instance}


def send(station: Controller, request_id: int, settings: list[Setting]) -> None:
    """Report these variables in as many parts as it takes."""
    parts = range(0, len(settings), PART_MAX)
    for number, start in enumerate(parts):
        part = settings[start : start + PART_MAX]
        if station.feature(Reporting).loses(number):
            continue
        station.say(
            v201.NotifyReport(
                request_id=request_id,
                generated_at=station.clock.now(),
                seq_no=number,
                report_data=list(_data(station, part)),
                tbc=True if number < len(parts) - 1 else None,
            )
        )


def _data(station: Controller, settings: Iterable[Setting]) -> Iterator[v201.ReportData]:
    for setting in settings:
        hidden = setting.access == "WriteOnly"
        yield v201.ReportData(
            component=component(setting),
            variable=v201.Variable(name=setting.variable, instance=setting.instance),
            variable_attribute=[
                v201.VariableAttribute(
                    value=None if hidden else station.configuration.read(setting),
                    mutability=setting.access,
                    persistent=not setting.live,
                    constant=False,
                )
            ],
            variable_characteristics=v201.VariableCharacteristics(
                unit=setting.unit,
                data_type=setting.kind,
                min_limit=setting.minimum,
                max_limit=setting.maximum,
                values_list=",".join(setting.options) or None,
                supports_monitoring=not hidden,
            ),
        )


def component(setting: Setting) -> v201.Component:
    evse = None
    if setting.evse is not None:
        evse = v201.EVSE(id=setting.evse, connector_id=setting.connector)
    return v201.Component(name=setting.component, evse=evse)
