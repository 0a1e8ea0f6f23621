"""Block L as 2.0.1 and 2.1 ask it of a station."""

from typing import Any, cast

from libs.ocpp import v21, v201
from libs.station.answer import Handler, Reply
from libs.station.controller import Controller
from libs.station.firmware import Firmware
from libs.station.flash import Update
from libs.station.logs import RETRY_SECONDS
from libs.station.publication import Offer, Publisher


def update_firmware(station: Controller, call: v201.UpdateFirmware | v21.UpdateFirmware) -> Reply:
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
    response = v201.UpdateFirmwareResponse(status=cast("v201.UpdateFirmwareStatus", status))
    return Reply(response, firmware.follow(status, update))


def publish_firmware(
    station: Controller, call: v201.PublishFirmware | v21.PublishFirmware
) -> Reply:
    publisher = station.feature(Publisher)
    if publisher.busy:
        info = v201.StatusInfo(reason_code="Busy")
        return Reply(v201.PublishFirmwareResponse(status="Rejected", status_info=info))
    offer = Offer(
        number=call.request_id,
        location=call.location,
        checksum=call.checksum.lower(),
        retries=call.retries or 0,
        retry_seconds=call.retry_interval or RETRY_SECONDS,
    )
    response = v201.PublishFirmwareResponse(status="Accepted")
    return Reply(response, lambda: publisher.begin(offer))


def unpublish_firmware(
    station: Controller, call: v201.UnpublishFirmware | v21.UnpublishFirmware
) -> Reply:
    status = station.feature(Publisher).withdraw(call.checksum.lower())
    return Reply(v201.UnpublishFirmwareResponse(status=status))


ANSWERS: dict[str, Handler[Any]] = {
    "PublishFirmware": publish_firmware,
    "UnpublishFirmware": unpublish_firmware,
    "UpdateFirmware": update_firmware,
}
