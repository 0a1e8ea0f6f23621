"""The registry learns the password that a station took, or the station would be locked out."""

from libs.bus import BusError, Unavailable
from libs.contracts.stations import PutStation
from services.devices.app import App
from services.devices.effects import Asked, effect
from services.devices.password import taken

PATIENCE_SECONDS = 20.0


@effect("ChangeConfiguration", "SetVariables")
async def password_changed(app: App, asked: Asked) -> None:
    password = taken(asked.call, asked.answer)
    if password is None:
        return
    put = PutStation(tenant=asked.tenant, station=asked.station, password=password)
    try:
        await app.bus.ask_patiently(put, PATIENCE_SECONDS)
    except BusError as error:
        raise Unavailable(
            f"Station {asked.station!r} took its new password, but the registry could not be told:"
            " put the same password to the station there."
        ) from error
