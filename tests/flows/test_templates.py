"""B: what should be set, drift, and bringing stations in step, by the API alone."""

from typing import Any

from libs.station import VirtualStation
from libs.station.dialect import Hardware
from tests.system import System, eventually


def station(system: System, identity: str, version: Any, **more: Any) -> VirtualStation:
    hardware = Hardware(vendor=f"V-{identity}", model="Duo", serial=identity)
    url = f"{system.ocpp_url}/"
    return VirtualStation(identity, url, version, hardware=hardware, link_speed=20, **more)


SETTINGS = [
    {"component": "OCPPCommCtrlr", "variable": "HeartbeatInterval", "value": "777"},
    {"component": "TxCtrlr", "variable": "TxStopPoint", "value": "Authorized, EVConnected"},
    {"component": "SecurityCtrlr", "variable": "SecurityProfile", "value": "2"},
    {"key": "ConnectorPhaseRotation", "value": "1.RST"},
]


async def test_stations_of_two_versions_come_in_step_with_one_template(
    system: System, identity: str
) -> None:
    """In step, pending until a reboot that follows of itself, and refused, with the reason."""
    await system.put(f"stations/{identity}", {"labels": [identity]})
    await system.put(f"stations/{identity}-2", {"labels": [identity]})
    body = {
        "settings": SETTINGS,
        "selector": {"labels": [identity], "vendor": f"v-{identity.lower()}*"},
        "enforce": True,
        "reboot": "when_idle",
    }
    put = await system.put(f"templates/{identity}", body)
    assert (put["enforce"], put["selector"]["labels"]) == (True, [identity])
    async with (
        station(system, identity, "v16") as old,
        station(system, f"{identity}-2", "v201") as new,
    ):
        await old.booted()
        await new.booted()
        found = await eventually(
            lambda: system.all(f"templates/{identity}/drift"),
            lambda items: [settled(item) for item in items] == [True, True],
            seconds=60,
        )
        assert old.setting("ConnectorPhaseRotation") == "1.RST"
        assert new.setting("OCPPCommCtrlr.HeartbeatInterval") == "777"
        assert new.setting("TxCtrlr.TxStopPoint") == "EVConnected,Authorized"
    assert [states(item) for item in found] == [
        {"HeartbeatInterval": "in_step", "SecurityProfile": "refused",
         "ConnectorPhaseRotation": "in_step"},
        {"HeartbeatInterval": "in_step", "SecurityProfile": "refused",
         "TxStopPoint": "in_step"},
    ]  # fmt: skip
    refused = next(i for i in found[0]["items"] if i["variable"] == "SecurityProfile")
    assert (refused["wanted"], refused["known"], refused["reason"]) == ("2", "0", "Rejected")
    shown = await eventually(
        lambda: system.get(f"templates/{identity}"), lambda view: view["progress"]["refused"] == 2
    )
    assert shown["progress"]["drifting"] == 0


def settled(item: Any) -> bool:
    counts = item["counts"]
    return (counts["in_step"], counts["refused"]) == (2, 1)


def states(item: Any) -> dict[str, str]:
    return {each["variable"] or each["key"]: each["state"] for each in item["items"]}


async def test_drift_is_previewed_and_applied_by_an_operator(system: System, identity: str) -> None:
    await system.put(f"stations/{identity}", {"automatic": False})
    setting = {"key": "HeartbeatInterval", "value": "901"}
    body = {"settings": [setting], "selector": {"stations": [identity]}, "enforce": True}
    await system.put(f"templates/{identity}", body)
    offline = await system.post(f"stations/{identity}/templates/apply")
    assert offline["items"] == []
    async with station(system, identity, "v16") as virtual:
        await virtual.booted()
        await eventually(
            lambda: system.get(f"stations/{identity}/drift"),
            lambda found: [item["state"] for item in found["items"]] == ["drifting"],
        )
        assert virtual.setting("OCPPCommCtrlr.HeartbeatInterval") != "901"
        applied = await system.post(f"stations/{identity}/templates/apply", {"refresh": True})
        assert applied["counts"]["in_step"] == 1
        assert virtual.setting("OCPPCommCtrlr.HeartbeatInterval") == "901"
    listed = await system.all("templates")
    assert identity in [each["name"] for each in listed]
    gone = await system.http.delete(f"templates/{identity}")
    assert gone.status_code == 204
    assert (await system.get(f"stations/{identity}/drift"))["items"] == []


async def test_a_template_that_makes_no_sense_names_the_field(
    system: System, identity: str
) -> None:
    body = {"settings": [{"key": "A", "value": "1"}], "selector": {}}
    answer = await system.http.put(f"templates/{identity}", json=body)
    assert answer.status_code == 422
    problem = answer.json()
    assert problem["code"]
    assert problem["hint"]
    assert "selector" in answer.text
