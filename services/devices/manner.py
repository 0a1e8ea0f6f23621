"""How a station may be asked, as its dialect has it."""

from libs.bus import Address, BusError
from libs.contracts.dialects import GetStationDialect
from libs.ocpp.dialect import STANDARD, Dialect
from libs.ocpp.message import Version
from services.devices import keys
from services.devices.app import App

BASIC_KEYS = ("NumberOfConnectors", "SupportedFeatureProfiles", "MeterValuesSampledDataMaxLength")
"""Beside those that 2.x has a variable for."""


async def dialect(app: App, to: Address) -> Dialect:
    """As the specification has it where the registry has no time to say."""
    try:
        shown = await app.bus.ask(GetStationDialect(tenant=to.tenant, station=to.station))
    except BusError:
        return STANDARD
    return shown.dialect or STANDARD


async def items_max(app: App, to: Address, action: str) -> int | None:
    """The most that its dialect lets be asked in a message; None: nothing is known."""
    limits = (await dialect(app, to)).limits
    return {
        "GetConfiguration": limits.get_configuration_keys,
        "GetVariables": limits.get_variables,
        "SetVariables": limits.set_variables,
        "GetReport": limits.get_report,
    }.get(action)


async def names_keys(app: App, to: Address, version: Version) -> bool:
    """Whether each key has to be named, because nobody answers what means all of them."""
    return version == "v16" and not (await dialect(app, to)).limits.get_configuration_all


def known_keys() -> list[str]:
    """What is asked instead of everything."""
    return sorted({*keys.VARIABLES, *BASIC_KEYS} - {"AuthorizationKey"})
