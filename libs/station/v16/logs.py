"""GetDiagnostics, and GetLog of the security extension, as 1.6 asks them of a station."""

from typing import Any

from libs.ocpp import v16
from libs.station.answer import Handler, Reply
from libs.station.controller import Controller
from libs.station.logs import RETRY_SECONDS, Logs, Wanted


def get_diagnostics(station: Controller, call: v16.GetDiagnostics) -> Reply:
    logs = station.feature(Logs)
    wanted = Wanted(
        number=None,
        kind="diagnostics",
        location=call.location,
        since=call.start_time,
        until=call.stop_time,
        retries=call.retries or 0,
        retry_seconds=call.retry_interval or RETRY_SECONDS,
    )
    response = v16.GetDiagnosticsResponse(file_name=logs.name(wanted))
    return Reply(response, lambda: logs.begin(wanted))


def get_log(station: Controller, call: v16.GetLog) -> Reply:
    logs = station.feature(Logs)
    wanted = Wanted(
        number=call.request_id,
        kind="security" if call.log_type == "SecurityLog" else "diagnostics",
        location=call.log.remote_location,
        since=call.log.oldest_timestamp,
        until=call.log.latest_timestamp,
        retries=call.retries or 0,
        retry_seconds=call.retry_interval or RETRY_SECONDS,
    )
    status = "AcceptedCanceled" if logs.busy() else "Accepted"
    response = v16.GetLogResponse(status=status, filename=logs.name(wanted))
    return Reply(response, lambda: logs.begin(wanted))


ANSWERS: dict[str, Handler[Any]] = {"GetDiagnostics": get_diagnostics, "GetLog": get_log}
