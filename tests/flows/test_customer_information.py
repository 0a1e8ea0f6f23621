"""N09, N10: what a station knows of a customer, and that it forgets (TC_N_27 to TC_N_63)."""

from typing import Any

import pytest

from libs.station import VirtualStation
from tests.bare import Refused
from tests.flows.messages import TWO, minute
from tests.flows.station import Station, booted
from tests.system import System, eventually

TOKEN = {"token": "DEMO0001", "token_type": "ISO14443"}
WIRE = {"idToken": {"idToken": "DEMO0001", "type": "ISO14443"}}
CERTIFICATE = {
    "algorithm": "SHA256",
    "issuer_name_hash": "8ab1",
    "issuer_key_hash": "27f0",
    "serial_number": "4711",
}

case = pytest.mark.certification


def path(identity: str, request: str = "") -> str:
    return f"stations/{identity}/customer-information{'/' if request else ''}{request}"


async def tell(station: Station, *parts: str) -> dict[str, Any]:
    """Take the request that is waiting and tell this, part by part; the request."""
    action, asked = await station.call()
    assert action == "CustomerInformation"
    for number, part in enumerate(parts):
        body = {
            "requestId": asked["requestId"],
            "seqNo": number,
            "data": part,
            "generatedAt": minute(number),
        }
        if number < len(parts) - 1:
            body["tbc"] = True
        assert await station.ask("NotifyCustomerInformation", body) == {}
    return asked


@pytest.mark.parametrize(
    ("flags", "parts"),
    [
        pytest.param((True, False), ["Ada ", "Lovelace"], marks=case("TC_N_27")),
        pytest.param((True, False), [""], marks=case("TC_N_28")),
        pytest.param((True, True), ["Ada ", "Love", "lace"], marks=case("TC_N_30")),
        pytest.param((True, True), ["no data"], marks=case("TC_N_31")),
    ],
)
@pytest.mark.parametrize("version", TWO)
async def test_what_a_station_tells_is_one_text_under_its_request(
    system: System, identity: str, version: str, flags: tuple[bool, bool], parts: list[str]
) -> None:
    report, clear = flags
    async with booted(system, identity, version) as station:
        answer = await system.post(path(identity), {**TOKEN, "report": report, "clear": clear})
        asked = await tell(station, *parts)
    assert asked == {"requestId": asked["requestId"], "report": True, "clear": clear, **WIRE}
    assert (answer["status"], answer["payload"]) == ("answered", {"status": "Accepted"})
    found = await system.get(path(identity, answer["request"]))
    assert {k: found[k] for k in ("text", "parts", "complete", "token", "clear")} == {
        "text": "".join(parts),
        "parts": len(parts),
        "complete": True,
        "token": "DEMO0001",
        "clear": clear,
    }
    request = await system.get(f"stations/{identity}/requests/{answer['request']}")
    assert request["progress"] == "complete"


@case("TC_N_29")
@pytest.mark.parametrize("status", ["Rejected", "Invalid"])
async def test_a_station_may_refuse(system: System, identity: str, status: str) -> None:
    async with booted(system, identity, "2.0.1") as station:
        station.answers["CustomerInformation"] = {"status": status}
        answer = await system.post(path(identity), {**TOKEN, "report": True})
        _, asked = await station.call()
        assert asked == {"requestId": asked["requestId"], "report": True, "clear": False, **WIRE}
    assert answer["payload"] == {"status": status}
    assert answer["hint"]
    request = await system.get(f"stations/{identity}/requests/{answer['request']}")
    assert request["progress"] == "refused"


@case("TC_N_32")
@pytest.mark.parametrize("version", TWO)
async def test_a_station_forgets_without_a_report(
    system: System, identity: str, version: str
) -> None:
    async with booted(system, identity, version) as station:
        answer = await system.post(path(identity), {**TOKEN, "report": False, "clear": True})
        _, asked = await station.call()
    assert asked == {"requestId": asked["requestId"], "report": False, "clear": True, **WIRE}
    found = await system.get(path(identity, answer["request"]))
    assert (found["complete"], found["text"]) == (True, "")
    request = await system.get(f"stations/{identity}/requests/{answer['request']}")
    assert request["progress"] == "complete"


@pytest.mark.parametrize(
    ("who", "wire"),
    [
        pytest.param(
            {"identifier": "OpenChargeAlliance"},
            {"customerIdentifier": "OpenChargeAlliance"},
            marks=case("TC_N_62"),
        ),
        pytest.param(
            {"certificate": CERTIFICATE},
            {
                "customerCertificate": {
                    "hashAlgorithm": "SHA256",
                    "issuerNameHash": "8ab1",
                    "issuerKeyHash": "27f0",
                    "serialNumber": "4711",
                }
            },
            marks=case("TC_N_63"),
        ),
    ],
)
async def test_a_customer_is_named_by_identifier_or_certificate_alone(
    system: System, identity: str, who: dict[str, Any], wire: dict[str, Any]
) -> None:
    async with booted(system, identity, "2.0.1") as station:
        answer = await system.post(path(identity), {**who, "report": True, "clear": True})
        asked = await tell(station, "something")
    assert asked == {"requestId": asked["requestId"], "report": True, "clear": True, **wire}
    found = await system.get(path(identity, answer["request"]))
    assert {name: found[name] for name in who} == who
    assert found["token"] is None


@pytest.mark.parametrize("who", [{}, {**TOKEN, "identifier": "x"}])
async def test_exactly_one_customer_is_meant(
    system: System, identity: str, who: dict[str, Any]
) -> None:
    async with booted(system, identity, "2.0.1") as station:
        answer = await system.http.post(path(identity), json=who)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_body")
        assert "exactly one" in answer.json()["detail"]
        assert answer.json()["errors"][0]["pointer"] == "/token"
        assert station.calls == []


async def test_a_part_that_is_missing_is_named(system: System, identity: str) -> None:
    async with booted(system, identity, "2.0.1") as station:
        answer = await system.post(path(identity), TOKEN)
        _, asked = await station.call()
        for number in (0, 2):
            body = {"requestId": asked["requestId"], "seqNo": number, "data": str(number)}
            await station.ask("NotifyCustomerInformation", {**body, "generatedAt": minute(0)})
    found = await system.get(path(identity, answer["request"]))
    assert (found["text"], found["parts_missing"], found["complete"]) == ("02", [1], False)


async def test_an_error_of_the_station_is_told(system: System, identity: str) -> None:
    async with booted(system, identity, "2.1") as station:
        station.answers["CustomerInformation"] = Refused("InternalError", "No memory", {})
        answer = await system.post(path(identity), TOKEN)
    assert (answer["status"], answer["code"]) == ("error", "InternalError")
    assert await system.all(path(identity)) == []


async def test_what_is_personal_is_kept_in_one_place_and_can_be_erased(
    system: System, identity: str
) -> None:
    """Neither the reports, nor the requests, nor the message log hold it any more."""
    secret = "Ada Lovelace, 12 St James's Square"
    async with booted(system, identity, "2.0.1") as station:
        answer = await system.post(path(identity), {"identifier": "ada-1815", "clear": True})
        await tell(station, secret)
        kept_under = answer["request"]
        assert (await system.get(path(identity, kept_under)))["text"] == secret
        gone = await system.http.delete(path(identity, kept_under))
        assert gone.status_code == 204
    assert (await system.http.get(path(identity, kept_under))).status_code == 404
    assert await system.all(path(identity)) == []
    request = await system.get(f"stations/{identity}/requests/{kept_under}")
    reports = await system.all(f"stations/{identity}/reports")

    async def log() -> list[Any]:
        return (await system.get(f"stations/{identity}/log"))["items"]

    found = await eventually(
        log, lambda items: any(i["action"] == "NotifyCustomerInformation" for i in items)
    )
    for kept in (request, reports, found):
        assert secret not in str(kept)
    assert "ada-1815" not in str(request)
    assert "ada-1815" not in str(reports)


async def test_the_list_is_paged_newest_first(system: System, identity: str) -> None:
    async with booted(system, identity, "2.0.1"):
        asked = [(await system.post(path(identity), TOKEN))["request"] for _ in range(3)]
    first = await system.get(path(identity), limit=2)
    second = await system.get(path(identity), limit=2, after=first["next"])
    assert [each["request"] for each in first["items"] + second["items"]] == asked[::-1]


@pytest.mark.parametrize("version", ["v201", "v21"])
async def test_a_whole_station_tells_and_forgets(
    system: System, identity: str, version: Any
) -> None:
    """What it has in its cache, and what its vendor knows, in several parts."""
    async with VirtualStation(identity, system.ocpp_url, version, speed=60) as station:
        await station.booted()
        station.controller.flash.customers["ada-1815"] = "x" * 1_200
        await station.plug_in(1)
        assert await station.present("DEMO0002", 1) == "Accepted"
        await station.until(1, "Charging")
        await station.delivered()

        async def told(**who: Any) -> Any:
            answer = await system.post(path(identity), {**who, "clear": True})
            request = path(identity, answer["request"])
            return await eventually(lambda: system.get(request), lambda found: found["complete"])

        known = await told(token="DEMO0002")
        assert "Authorization cache: Accepted." in known["text"]
        assert "Authorization cache" not in (await told(token="DEMO0002"))["text"]
        long = await told(identifier="ada-1815")
        assert (long["text"], long["parts"]) == ("x" * 1_200, 3)
        assert (await told(identifier="ada-1815"))["text"] == "Nothing is known."
        both = await system.post(path(identity), {**TOKEN, "report": False, "clear": False})
        assert both["payload"]["status"] == "Rejected"


@case("TC_N_46")
@pytest.mark.parametrize("version", TWO)
@pytest.mark.parametrize("automatic", [False, True])
async def test_a_forgotten_token_leaves_the_local_list(
    system: System, identity: str, version: str, *, automatic: bool
) -> None:
    """N10.FR.02: by a differential update, also where all else is left to the operator."""
    await system.put(f"stations/{identity}", {"automatic": automatic})
    entry = {**WIRE, "idTokenInfo": {"status": "Accepted"}}
    full = {"versionNumber": 4, "updateType": "Full", "localAuthorizationList": [entry]}
    async with booted(system, identity, version) as station:
        await system.post(f"stations/{identity}/calls/SendLocalList", full)
        assert await station.call() == ("SendLocalList", full)
        answer = await system.post(path(identity), {**TOKEN, "report": True, "clear": True})
        assert answer["payload"] == {"status": "Accepted"}
        await tell(station, "Ada Lovelace")
        action, update = await station.call()
    assert action == "SendLocalList"
    assert update["updateType"] == "Differential"
    assert update["versionNumber"] > 4
    assert update["localAuthorizationList"] == [WIRE]
    assert [action for action, _ in station.calls] == [
        "SendLocalList", "CustomerInformation", "SendLocalList",
    ]  # fmt: skip
