"""UpdateFirmware, and SignedUpdateFirmware of the security extension, as 1.6 asks them."""

from typing import Any, cast

from libs.ocpp import v16
from libs.station.answer import Handler, Reply
from libs.station.controller import Controller
from libs.station.firmware import Firmware
from libs.station.flash import Update
from libs.station.logs import RETRY_SECONDS


def update_firmware(station: Controller, call: v16.UpdateFirmware) -> Reply:
    """It has no word for no: what cannot be replaced any more goes on."""
    firmware = station.feature(Firmware)
    update = Update(
        number=None,
        plain=True,
        location=call.location,
        retrieve_at=call.retrieve_date,
        retries=call.retries or 0,
        retry_seconds=call.retry_interval or RETRY_SECONDS,
    )
    return Reply(v16.UpdateFirmwareResponse(), firmware.follow(firmware.answer(update), update))


def signed_update_firmware(station: Controller, call: v16.SignedUpdateFirmware) -> Reply:
    firmware, wanted = station.feature(Firmware), call.firmware
    update = Update(
        number=call.request_id,
        location=wanted.location,
        retrieve_at=wanted.retrieve_date_time,
        install_at=wanted.install_date_time,
        certificate=wanted.signing_certificate,
        signature=wanted.signature,
        retries=call.retries or 0,
        retry_seconds=call.retry_interval or RETRY_SECONDS,
    )
    status = firmware.answer(update)
    response = v16.SignedUpdateFirmwareResponse(status=cast("v16.UpdateFirmwareStatus", status))
    return Reply(response, firmware.follow(status, update))


ANSWERS: dict[str, Handler[Any]] = {
    "SignedUpdateFirmware": signed_update_firmware,
    "UpdateFirmware": update_firmware,
}
