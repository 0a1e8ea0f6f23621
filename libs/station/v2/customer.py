"""Customer information (N09, N10) as 2.0.1 and 2.1 ask it of a station."""

from typing import Any

from libs.ocpp import v21, v201
from libs.station import customer
from libs.station.answer import Handler, Reply
from libs.station.controller import Controller
from libs.station.customer import Customer
from libs.station.moment import Token


def customer_information(
    station: Controller, call: v201.CustomerInformation | v21.CustomerInformation
) -> Reply:
    """N09.FR.09: exactly one customer; and something must be asked for."""
    who = [call.id_token, call.customer_identifier, call.customer_certificate]
    if sum(each is not None for each in who) != 1:
        return Reply(v201.CustomerInformationResponse(status="Invalid"))
    if not call.report and not call.clear:
        info = v201.StatusInfo(reason_code="MissingParam")
        return Reply(v201.CustomerInformationResponse(status="Rejected", status_info=info))
    meant = named(call)

    def follow() -> None:
        text = customer.report(station, meant)
        if call.clear:
            customer.clear(station, meant)
        if call.report:
            tell(station, call.request_id, text)

    return Reply(v201.CustomerInformationResponse(status="Accepted"), follow)


def named(call: v201.CustomerInformation | v21.CustomerInformation) -> Customer:
    if call.id_token is not None:
        return Customer(Token(call.id_token.id_token, call.id_token.type), None)
    if call.customer_certificate is not None:
        return Customer(None, call.customer_certificate.serial_number)
    return Customer(None, call.customer_identifier)


def tell(station: Controller, request_id: int, text: str) -> None:
    parts = customer.parts(text)
    for number, part in enumerate(parts):
        station.say(
            v201.NotifyCustomerInformation(
                data=part,
                seq_no=number,
                tbc=number < len(parts) - 1 or None,
                generated_at=station.clock.now(),
                request_id=request_id,
            )
        )


ANSWERS: dict[str, Handler[Any]] = {"CustomerInformation": customer_information}
