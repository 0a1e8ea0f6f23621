"""How far logs and updates are: pure folds, whatever the order of what was told."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from libs.bus import Invalid
from libs.contracts import calling
from libs.contracts.command import CommandResult
from libs.contracts.firmware import Boot, UpdateStation
from libs.contracts.logs import RequestLog
from libs.contracts.step import Step
from libs.ocpp.message import Version
from services.api.examples.transfers import UPLOAD
from services.devices import installation, retrieval
from services.devices.installation import Following
from services.devices.store_requests import Kept

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
VERSIONS = ("v16", "v201", "v21")
WAITING = replace(UPLOAD, stored_at=None, state="waiting")


def kept(
    action: str,
    payload: dict[str, Any],
    answer: str | None = "Accepted",
    *,
    result: CommandResult | None = None,
) -> Kept:
    answered = CommandResult(status="answered", payload={"status": answer} if answer else {})
    return Kept(
        id=uuid.uuid4(),
        tenant="t",
        station="CP1",
        version="v201",
        action=action,
        payload=payload,
        by="ada",
        asked_at=NOON,
        wait_until=NOON + timedelta(seconds=30),
        family="log",
        numbers=[1],
        repeats=0,
        answered_at=None,
        given_up_at=None,
        result=answered if result is None else result,
    )


GET_LOG = {"logType": "DiagnosticsLog", "requestId": 1, "log": {"remoteLocation": "http://x/"}}
UPDATE = {
    "requestId": 1,
    "firmware": {"location": "http://x", "retrieveDateTime": "2026-11-22T12:00:00Z"},
}


def steps(*statuses: str) -> list[Step]:
    return [Step(at=NOON + timedelta(seconds=n), status=s) for n, s in enumerate(statuses)]


def log_state(told: Sequence[str], *, stored: bool = False, replaced: bool = False) -> str:
    upload = UPLOAD if stored else WAITING
    request = kept("GetLog", GET_LOG)
    return retrieval.state(request, steps(*told), upload, replaced=replaced)


@pytest.mark.parametrize(
    ("told", "more", "state"),
    [
        ([], {}, "accepted"),
        ([], {"replaced": True}, "superseded"),
        ([], {"stored": True}, "uploaded"),
        (["Uploading"], {}, "uploading"),
        (["Uploading"], {"replaced": True}, "superseded"),
        (["Uploading"], {"stored": True}, "uploaded"),
        (["Uploading", "UploadFailure"], {}, "failed"),
        (["Uploading", "UploadFailure"], {"stored": True}, "failed"),
        (["Uploading", "Uploaded"], {"replaced": True}, "uploaded"),
        (["AcceptedCanceled", "Uploading"], {}, "superseded"),
        (["Idle"], {}, "accepted"),
    ],
)
def test_a_log_is_as_far_as_the_station_says(
    told: list[str], more: dict[str, bool], state: str
) -> None:
    assert log_state(told, **more) == state


@pytest.mark.parametrize(
    ("result", "state"),
    [
        (CommandResult(status="offline"), "offline"),
        (CommandResult(status="timeout"), "timeout"),
        (CommandResult(status="error", code="NotSupported"), "error"),
        (CommandResult(status="answered", payload={"status": "Rejected"}), "refused"),
        (CommandResult(status="answered", payload={}), "accepted"),
    ],
)
def test_without_a_word_the_answer_counts(result: CommandResult, state: str) -> None:
    request = kept("GetLog", GET_LOG, result=result)
    assert retrieval.state(request, [], WAITING, replaced=False) == state
    update = kept("UpdateFirmware", UPDATE, result=result)
    assert installation.state(update, [], replaced=False) == state


def test_a_time_out_is_outweighed_by_what_the_station_does() -> None:
    """It may well act though its answer was late."""
    request = kept("GetLog", GET_LOG, result=CommandResult(status="timeout"))
    assert retrieval.state(request, steps("Uploaded"), WAITING, replaced=False) == "uploaded"


NORMAL = ["Downloading", "Downloaded", "SignatureVerified", "Installing", "InstallRebooting"]


@given(st.permutations([*NORMAL, "Installed"]))
def test_the_end_of_an_update_counts_in_whichever_order(order: list[str]) -> None:
    assert installation.state(kept("UpdateFirmware", UPDATE), steps(*order), replaced=True) == (
        "installed"
    )


@given(
    st.lists(st.sampled_from([*NORMAL, "Idle", "DownloadScheduled"])),
    st.sampled_from(sorted(installation.FAILED)),
)
def test_a_failure_counts_in_whichever_order(before: list[str], failure: str) -> None:
    told = steps(failure, *before)
    assert installation.state(kept("UpdateFirmware", UPDATE), told, replaced=False) == "failed"


def test_what_follows_belongs_to_the_request_before_it() -> None:
    boots = [Boot(at=NOON + timedelta(minutes=n), firmware=f"{n}") for n in (-1, 1, 9)]
    later = Following(boots, [], until=NOON + timedelta(minutes=5))
    view = installation.view(kept("UpdateFirmware", UPDATE), [], later, replaced=False)
    assert [boot.firmware for boot in view.boots] == ["1"]


# -- the messages --------------------------------------------------------------------------------


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("secure", [True, False])
@pytest.mark.parametrize("kind", ["diagnostics", "security"])
def test_a_request_for_a_log_fits_its_version(version: Version, secure: bool, kind: Any) -> None:
    ask = RequestLog(
        tenant="t", station="s", type=kind, since=NOON, until=NOON, retries=1, retry_interval=2
    )
    action = retrieval.via(ask, version, secure=secure)
    call = calling.message(version, action, retrieval.fields(ask, action, 7, "http://x/"))
    legacy = version == "v16" and kind == "diagnostics" and not secure
    assert call.action == ("GetDiagnostics" if legacy else "GetLog")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("signed", [True, False])
def test_a_request_for_an_update_fits_its_version(version: Version, signed: bool) -> None:
    given = {"signing_certificate": "PEM", "signature": "AA=="} if signed else {}
    ask = UpdateStation(tenant="t", station="s", location="http://x", retries=1, **given)
    message = installation.update(ask, version, 7, NOON)
    call = calling.message(version, message.action, message.fields)
    assert call.action == (
        "SignedUpdateFirmware" if version == "v16" and signed else "UpdateFirmware"
    )
    assert message.number == (None if version == "v16" and not signed else 7)


def test_a_location_that_the_version_cannot_hold_is_refused() -> None:
    ask = UpdateStation(tenant="t", station="s", location="http://x/" + "y" * 600)
    message = installation.update(ask, "v201", 7, NOON)
    with pytest.raises(Invalid):
        calling.message("v201", message.action, message.fields)
