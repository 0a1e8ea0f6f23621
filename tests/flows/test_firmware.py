"""L, 1.6 UpdateFirmware and SignedUpdateFirmware: updates, publications, and what follows."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests import bare
from tests.flows.messages import ALL, TWO, event, status
from tests.flows.station import Station, booted
from tests.system import System, eventually

LOCATION = "https://files.example/firmware/3.5.0.bin"
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIBmadeup\n-----END CERTIFICATE-----"
SIGNED = {
    "location": LOCATION,
    "signing_certificate": CERTIFICATE,
    "signature": base64.b64encode(b"made-up signature").decode(),
    "retries": 2,
    "retry_interval": 60,
}
INSTALLED = [
    "Downloading", "Downloaded", "SignatureVerified", "Installing", "InstallRebooting", "Installed",
]  # fmt: skip
SIGNED_ACTIONS = {
    "1.6": ("SignedUpdateFirmware", "SignedFirmwareStatusNotification"),
    "2.0.1": ("UpdateFirmware", "FirmwareStatusNotification"),
    "2.1": ("UpdateFirmware", "FirmwareStatusNotification"),
}


def later(hours: int) -> str:
    return f"{datetime.now(UTC) + timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}"


async def say(station: Station, version: str, number: int, *statuses: str) -> None:
    for each in statuses:
        told = {"status": each, "requestId": number}
        await station.ask(SIGNED_ACTIONS[version][1], told)


async def security_event(station: Station, kind: str) -> None:
    body = {"type": kind, "timestamp": later(0), "techInfo": "of a test"}
    await station.ask("SecurityEventNotification", body)


async def boot(station: Station, version: str, firmware: str, reason: str = "PowerUp") -> None:
    if version == "1.6":
        await station.ask("BootNotification", {**bare.BOOTS["1.6"], "firmwareVersion": firmware})
        return
    about = {**bare.BOOTS[version]["chargingStation"], "firmwareVersion": firmware}
    await station.ask("BootNotification", {"reason": reason, "chargingStation": about})


async def update(system: System, identity: str, body: dict[str, Any]) -> dict[str, Any]:
    return await system.post(f"stations/{identity}/firmware", body)


async def shown(system: System, identity: str, sent: dict[str, Any]) -> dict[str, Any]:
    return await system.get(f"stations/{identity}/firmware/{sent['request']}")


def told(view: dict[str, Any]) -> list[str]:
    return [step["status"] for step in view["statuses"]]


# -- signed updates ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "version",
    [
        pytest.param("2.0.1", marks=pytest.mark.certification("TC_L_01")),
        pytest.param("1.6", marks=pytest.mark.certification("TC_080")),
        "2.1",
    ],
)
async def test_a_signed_update_is_installed(system: System, identity: str, version: str) -> None:
    """The whole chain, the boot with the new version and the security event belong to it."""
    install, retrieve = later(2), later(1)
    action = SIGNED_ACTIONS[version][0]
    async with booted(system, identity, version) as station:
        await boot(station, version, "3.4.1")
        sent = await update(
            system, identity, {**SIGNED, "retrieve_at": retrieve, "install_at": install}
        )
        assert await station.call() == (
            action,
            {
                "requestId": sent["request_id"],
                "retries": 2,
                "retryInterval": 60,
                "firmware": {
                    "location": LOCATION,
                    "retrieveDateTime": retrieve,
                    "installDateTime": install,
                    "signingCertificate": CERTIFICATE,
                    "signature": SIGNED["signature"],
                },
            },
        )
        await say(station, version, sent["request_id"], *INSTALLED[:5])
        current = (await system.get(f"stations/{identity}/firmware"))["current"]
        assert (current["state"], told(current)) == ("running", INSTALLED[:5])
        await boot(station, version, "3.5.0", "FirmwareUpdate")
        await say(station, version, sent["request_id"], "Installed")
        await security_event(station, "FirmwareUpdated")

        async def look() -> dict[str, Any]:
            return await shown(system, identity, sent)

        view = await eventually(look, lambda view: view["boots"])
    assert (view["state"], view["terminal"], view["signed"]) == ("installed", True, True)
    assert told(view) == INSTALLED
    [started] = view["boots"]
    assert (started["previous"], started["firmware"]) == ("3.4.1", "3.5.0")
    assert [each["type"] for each in view["security_events"]] == ["FirmwareUpdated"]
    page = await system.get(f"stations/{identity}/firmware")
    assert (page["current"], [item["id"] for item in page["items"]]) == (None, [sent["request"]])
    assert (await system.get(f"stations/{identity}"))["firmware"] == "3.5.0"


@pytest.mark.parametrize(
    ("chain", "when"),
    [
        pytest.param(
            ["Downloading", "Downloaded", "SignatureVerified", "InstallScheduled", "Installing",
             "Installed"],
            {"install_at": later(1)},
            marks=pytest.mark.certification("TC_L_02"),
        ),
        pytest.param(
            ["DownloadScheduled", "Downloading", "Downloaded", "SignatureVerified", "Installing",
             "Installed"],
            {"retrieve_at": later(1)},
            marks=pytest.mark.certification("TC_L_03"),
        ),
    ],
)  # fmt: skip
async def test_an_update_waits_for_its_time(
    system: System, identity: str, chain: list[str], when: dict[str, str]
) -> None:
    async with booted(system, identity, "2.0.1") as station:
        sent = await update(system, identity, {**SIGNED, **when})
        firmware = (await station.call())[1]["firmware"]
        assert set(when.values()) <= set(firmware.values())
        await say(station, "2.0.1", sent["request_id"], *chain)
    view = await shown(system, identity, sent)
    assert (view["state"], told(view)) == ("installed", chain)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        pytest.param(
            "RevokedCertificate",
            "InvalidFirmwareSigningCertificate",
            marks=pytest.mark.certification("TC_L_04"),
        ),
        pytest.param(
            "InvalidCertificate",
            "InvalidFirmwareSigningCertificate",
            marks=pytest.mark.certification("TC_L_05"),
        ),
    ],
)
@pytest.mark.parametrize("version", ALL)
async def test_a_certificate_is_refused(
    system: System, identity: str, version: str, answer: str, kind: str
) -> None:
    async with booted(system, identity, version) as station:
        station.answers[SIGNED_ACTIONS[version][0]] = {"status": answer}
        sent = await update(system, identity, SIGNED)
        await security_event(station, kind)
    view = await shown(system, identity, sent)
    assert (sent["payload"], "certificate" in sent["hint"]) == ({"status": answer}, True)
    assert (view["state"], view["terminal"], view["statuses"]) == ("refused", True, [])
    assert [each["type"] for each in view["security_events"]] == [kind]


@pytest.mark.parametrize(
    "version",
    [
        pytest.param("2.0.1", marks=pytest.mark.certification("TC_L_06")),
        pytest.param("1.6", marks=pytest.mark.certification("TC_081")),
        "2.1",
    ],
)
@pytest.mark.parametrize("event_first", [True, False])
async def test_a_signature_is_not_valid(
    system: System, identity: str, version: str, *, event_first: bool
) -> None:
    """The security event may come before the status or after it."""
    async with booted(system, identity, version) as station:
        sent = await update(system, identity, SIGNED)
        await say(station, version, sent["request_id"], "Downloading", "Downloaded")
        if event_first:
            await security_event(station, "InvalidFirmwareSignature")
        await say(station, version, sent["request_id"], "InvalidSignature")
        if not event_first:
            await security_event(station, "InvalidFirmwareSignature")
    view = await shown(system, identity, sent)
    assert (view["state"], view["terminal"]) == ("failed", True)
    assert told(view) == ["Downloading", "Downloaded", "InvalidSignature"]
    assert [each["type"] for each in view["security_events"]] == ["InvalidFirmwareSignature"]


@pytest.mark.parametrize(
    "chain",
    [
        pytest.param(["Downloading", "DownloadFailed"], marks=pytest.mark.certification("TC_L_07")),
        pytest.param(
            [*INSTALLED[:4], "InstallVerificationFailed"],
            marks=pytest.mark.certification("TC_L_08"),
        ),
        pytest.param(
            [*INSTALLED[:4], "InstallationFailed"], marks=pytest.mark.certification("TC_L_09")
        ),
    ],
    ids=lambda chain: chain[-1],
)
@pytest.mark.parametrize("version", ALL)
async def test_an_update_fails(
    system: System, identity: str, version: str, chain: list[str]
) -> None:
    async with booted(system, identity, version) as station:
        sent = await update(system, identity, SIGNED)
        await say(station, version, sent["request_id"], *chain)
    view = await shown(system, identity, sent)
    assert (view["state"], view["terminal"], told(view)) == ("failed", True, chain)


@pytest.mark.certification("TC_L_10")
@pytest.mark.parametrize("version", ALL)
async def test_a_second_update_takes_the_place_of_the_first(
    system: System, identity: str, version: str
) -> None:
    async with booted(system, identity, version) as station:
        first = await update(system, identity, SIGNED)
        await say(station, version, first["request_id"], "Downloading")
        station.answers[SIGNED_ACTIONS[version][0]] = {"status": "AcceptedCanceled"}
        second = await update(system, identity, {**SIGNED, "location": f"{LOCATION}.2"})
        await say(station, version, second["request_id"], *INSTALLED)
    assert second["payload"] == {"status": "AcceptedCanceled"}
    assert first["request_id"] != second["request_id"]
    views = await system.all(f"stations/{identity}/firmware")
    assert [(view["state"], told(view)) for view in views] == [
        ("installed", INSTALLED),
        ("superseded", ["Downloading"]),
    ]


@pytest.mark.certification("TC_L_11")
@pytest.mark.parametrize("version", ALL)
async def test_a_station_that_installs_cannot_be_stopped(
    system: System, identity: str, version: str
) -> None:
    async with booted(system, identity, version) as station:
        first = await update(system, identity, SIGNED)
        await say(station, version, first["request_id"], *INSTALLED[:4])
        station.answers[SIGNED_ACTIONS[version][0]] = {"status": "Rejected"}
        second = await update(system, identity, SIGNED)
        current = (await system.get(f"stations/{identity}/firmware"))["current"]
        assert current["id"] == first["request"]
        await say(station, version, first["request_id"], "Installed")
    assert second["payload"] == {"status": "Rejected"}
    views = await system.all(f"stations/{identity}/firmware")
    assert [view["state"] for view in views] == ["refused", "installed"]


@pytest.mark.certification("TC_L_13")
@pytest.mark.parametrize("version", TWO)
async def test_an_update_waits_for_a_transaction(
    system: System, identity: str, version: str
) -> None:
    """While it waits, places that are free are Unavailable (L01.FR.06, L01.FR.07)."""
    chain = [
        "DownloadScheduled", "Downloading", "Downloaded", "SignatureVerified", "InstallScheduled",
        "Installing", "Installed",
    ]  # fmt: skip
    transaction = f"{identity}-tx"
    async with booted(system, identity, version) as station:
        await station.ask(*event("Started", "CablePluggedIn", transaction, 0, evse={"id": 1}))
        sent = await update(system, identity, SIGNED)
        assert sent["payload"] == {"status": "Accepted"}
        await say(station, version, sent["request_id"], *chain[:5])
        await station.ask(*status(version, "Unavailable", connector=2))
        await station.ask(*event("Ended", "EVDeparted", transaction, 1))
        await say(station, version, sent["request_id"], *chain[5:])
    view = await shown(system, identity, sent)
    assert (view["state"], told(view)) == ("installed", chain)
    [session] = await system.all("transactions", station=identity)
    assert session["status"] == "ended"


# -- plain updates of 1.6 ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("chain", "state"),
    [
        pytest.param(
            ["Downloading", "Downloaded", "Installing", "Installed"],
            "installed",
            marks=pytest.mark.certification("TC_044_1"),
        ),
        pytest.param(
            ["Downloading", "DownloadFailed"],
            "failed",
            marks=pytest.mark.certification("TC_044_2"),
        ),
        pytest.param(
            ["Downloading", "Downloaded", "Installing", "InstallationFailed"],
            "failed",
            marks=pytest.mark.certification("TC_044_3"),
        ),
    ],
)
async def test_a_plain_update_of_1_6(
    system: System, identity: str, chain: list[str], state: str
) -> None:
    body = {"location": LOCATION, "retrieve_at": later(0), "retries": 1, "retry_interval": 5}
    async with booted(system, identity, "1.6") as station:
        station.answers["UpdateFirmware"] = {}
        sent = await update(system, identity, body)
        assert await station.call() == (
            "UpdateFirmware",
            {
                "location": LOCATION,
                "retrieveDate": body["retrieve_at"],
                "retries": 1,
                "retryInterval": 5,
            },
        )
        for each in chain:
            await station.ask("FirmwareStatusNotification", {"status": each})
    view = await shown(system, identity, sent)
    assert "request_id" not in sent
    assert (view["state"], told(view), view["signed"]) == (state, chain, False)


async def test_a_1_6_station_with_the_security_extension_refuses_a_plain_update(
    system: System, identity: str
) -> None:
    async with booted(system, identity, "1.6") as station:
        station.answers["UpdateFirmware"] = bare.Refused("NotSupported", "signed only", {})
        sent = await update(system, identity, {"location": LOCATION})
    assert (sent["status"], sent["code"]) == ("error", "NotSupported")
    assert (await shown(system, identity, sent))["state"] == "error"


# -- what else -----------------------------------------------------------------------------------


@pytest.mark.certification("TC_F_18")
@pytest.mark.parametrize("version", ALL)
async def test_a_station_with_nothing_to_install_says_idle(
    system: System, identity: str, version: str
) -> None:
    async with booted(system, identity, version) as station:
        await system.post(f"stations/{identity}/trigger", {"message": "FirmwareStatusNotification"})
        assert (await station.call())[1] == {"requestedMessage": "FirmwareStatusNotification"}
        await station.ask("FirmwareStatusNotification", {"status": "Idle"})
    page = await system.get(f"stations/{identity}/firmware")
    assert (page["items"], page["current"]) == ([], None)


@pytest.mark.parametrize("version", TWO)
async def test_statuses_in_any_order_end_the_same(
    system: System, identity: str, version: str
) -> None:
    """And one that skips half of them is as good (field: MicroOcpp)."""
    async with booted(system, identity, version) as station:
        sent = await update(system, identity, {"location": LOCATION})
        await say(station, version, sent["request_id"], "Installed", "Downloading")
    view = await shown(system, identity, sent)
    assert (view["state"], told(view)) == ("installed", ["Installed", "Downloading"])


@pytest.mark.parametrize(
    ("version", "body", "pointer"),
    [
        ("2.0.1", {"signature": "AA=="}, "/signing_certificate"),
        ("1.6", {"signing_certificate": CERTIFICATE}, "/signature"),
        ("1.6", {"install_at": later(1)}, "/install_at"),
        ("2.0.1", {"retrieve_at": later(2), "install_at": later(1)}, "/install_at"),
        ("2.0.1", {"location": ""}, "/location"),
    ],
)
async def test_what_makes_no_sense_is_named(
    system: System, identity: str, version: str, body: dict[str, Any], pointer: str
) -> None:
    async with booted(system, identity, version) as station:
        answer = await system.http.post(
            f"stations/{identity}/firmware", json={"location": LOCATION, **body}
        )
        assert station.calls == []
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
