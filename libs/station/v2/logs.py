"""GetLog as 2.0.1 and 2.1 ask it of a station (N01)."""

from typing import Any

from libs.ocpp import v21, v201
from libs.station.answer import Handler, Reply
from libs.station.controller import Controller
from libs.station.logs import RETRY_SECONDS, Logs, Wanted

KINDS = {
    "DiagnosticsLog": "diagnostics",
    "SecurityLog": "security",
    "DataCollectorLog": "data_collector",
}


def get_log(station: Controller, call: v201.GetLog | v21.GetLog) -> Reply:
    logs = station.feature(Logs)
    if call.log_type == "DataCollectorLog":
        info = v201.StatusInfo(reason_code="UnsupportedRequest")
        return Reply(v201.GetLogResponse(status="Rejected", status_info=info))
    wanted = Wanted(
        number=call.request_id,
        kind=KINDS[call.log_type],
        location=call.log.remote_location,
        since=call.log.oldest_timestamp,
        until=call.log.latest_timestamp,
        retries=call.retries or 0,
        retry_seconds=call.retry_interval or RETRY_SECONDS,
    )
    status = "AcceptedCanceled" if logs.busy() else "Accepted"
    return Reply(
        v201.GetLogResponse(status=status, filename=logs.name(wanted)),
        lambda: logs.begin(wanted),
    )


ANSWERS: dict[str, Handler[Any]] = {"GetLog": get_log}
