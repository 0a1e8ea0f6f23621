"""A 2.0.1 station that is not ours (PyPI ``ocpp``) keeps a local list and a reservation."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import websockets
from ocpp.routing import on
from ocpp.v201 import call as call201
from ocpp.v201 import call_result as result201

from tests.flows.independent import Station201
from tests.system import System, eventually


class Keeper(Station201):
    """A list of up to two entries a message, and one place."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.variables |= {"ItemsPerMessage": "2", "BytesPerMessage": "4000"}
        self.listed: dict[str, dict[str, Any]] = {}
        self.version = 0
        self.reserved: dict[str, Any] | None = None

    @on("SendLocalList")
    async def on_list(
        self,
        version_number: int,
        update_type: str,
        local_authorization_list: list[Any] | None = None,
    ) -> Any:
        entries = local_authorization_list or []
        if len(entries) > 2:
            return result201.SendLocalList("Failed")
        if update_type == "Full":
            self.listed = {}
        elif version_number <= self.version:
            return result201.SendLocalList("VersionMismatch")
        for entry in entries:
            token = entry["id_token"]["id_token"]
            self.listed.pop(token, None)
            if "id_token_info" in entry:
                self.listed[token] = entry["id_token_info"]
        self.version = version_number
        return result201.SendLocalList("Accepted")

    @on("GetLocalListVersion")
    async def on_version(self) -> Any:
        return result201.GetLocalListVersion(self.version)

    @on("ReserveNow")
    async def on_reserve(self, **payload: Any) -> Any:
        taken = self.reserved is not None and self.reserved["id"] != payload["id"]
        if not taken:
            self.reserved = payload
        return result201.ReserveNow("Occupied" if taken else "Accepted")

    @on("CancelReservation")
    async def on_cancel(self, reservation_id: int) -> Any:
        known = self.reserved is not None and self.reserved["id"] == reservation_id
        self.reserved = None if known else self.reserved
        return result201.CancelReservation("Accepted" if known else "Rejected")


@asynccontextmanager
async def keeper(system: System, identity: str) -> AsyncIterator[Keeper]:
    async with websockets.connect(
        f"{system.ocpp_url}/{identity}", subprotocols=[websockets.Subprotocol("ocpp2.0.1")]
    ) as socket:
        station = Keeper(identity, socket)
        loop = asyncio.create_task(station.start())
        try:
            assert await station.boot() == "Accepted"
            yield station
        finally:
            loop.cancel()
            await asyncio.gather(loop, return_exceptions=True)


async def test_a_list_is_split_changed_and_checked(system: System, identity: str) -> None:
    path = f"stations/{identity}/local-list"
    tokens = [f"DEMO000{number}" for number in range(1, 6)]
    async with keeper(system, identity) as station:
        await system.put(path, {"entries": [{"token": token} for token in tokens]})
        sent = await system.post(f"{path}/send", {})
        assert [part["type"] for part in sent["parts"]] == ["Full", "Differential", "Differential"]
        assert (sorted(station.listed), station.version) == (tokens, sent["version"])
        assert station.listed["DEMO0001"]["status"] == "Accepted"
        blocked = [{"token": "DEMO0001", "status": "Blocked"}, {"token": "DEMO0002"}]
        await system.put(path, {"entries": blocked})
        sent = await system.post(f"{path}/send", {})
        assert sent["accepted"]
        assert {token: each["status"] for token, each in station.listed.items()} == {
            "DEMO0001": "Blocked",
            "DEMO0002": "Accepted",
        }
        checked = await system.post(f"{path}/check")
    assert checked["same"] is True


async def test_a_place_is_reserved_used_and_given_back(system: System, identity: str) -> None:
    until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    path = f"stations/{identity}/reservations"
    body = {"token": "DEMO0003", "evse": 1, "expires_at": until}
    async with keeper(system, identity) as station:
        made = await system.post(path, body)
        assert station.reserved is not None
        assert station.reserved["id_token"]["id_token"] == "DEMO0003"
        number = station.reserved["id"]
        forced = await system.post(path, {**body, "force": True})
        assert forced["reservation"]["answer"] == "Occupied"
        await station.begin("DEMO0003", 1000)
        await station.event("Updated", "Authorized", 1, 1000, reservation_id=number)

        async def used() -> Any:
            return (await system.get(f"reservations/{made['reservation']['id']}"))["status"]

        await eventually(used, lambda status: status == "used")
        station.reserved = None
        again = await system.post(path, {**body, "expires_at": until, "force": True})
        number = station.reserved["id"] if station.reserved else 0
        gone = await system.http.delete(f"reservations/{again['reservation']['id']}")
        assert gone.json()["reservation"]["status"] == "cancelled"
        third = await system.post(path, {**body, "force": True})
        update = call201.ReservationStatusUpdate(third["reservation"]["reservation"], "Removed")
        await station.call(update, suppress=False)
    ended = await system.get(f"reservations/{third['reservation']['id']}")
    assert (ended["status"], number) == ("removed", again["reservation"]["reservation"])
