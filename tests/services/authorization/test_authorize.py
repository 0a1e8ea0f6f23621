"""OCPP Authorize in all versions (block C)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from libs.bus import Address, Bus, Router
from libs.contracts.authorization import PutToken
from libs.contracts.stations import ConnectorView, EvseView, GetStation, StationView
from libs.ocpp import v16, v21, v201
from tests.services.authorization.conftest import Start
from tests.services.service import eventually, up

SOON = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
LONG_AGO = SOON - timedelta(days=99)


def id_16(info: v16.IdTagInfo) -> tuple[Any, ...]:
    return (info.status, info.parent_id_tag, info.expiry_date)


def id_2(info: v201.IdTokenInfo | v21.IdTokenInfo) -> tuple[Any, ...]:
    group = info.group_id_token.id_token if info.group_id_token else None
    return (info.status, group, info.cache_expiry_date_time)


async def present(bus: Bus, tenant: str, version: str, token: str) -> tuple[Any, ...]:
    """Status, group and expiry that a station of the version is told."""
    station = Address(tenant, "CP1")
    match version:
        case "v16":
            answer_16 = await up(bus, station, v16.Authorize(id_tag=token))
            return id_16(answer_16.id_tag_info)
        case "v201":
            id_201 = v201.IdToken(id_token=token, type="ISO14443")
            answer_201 = await up(bus, station, v201.Authorize(id_token=id_201))
            return id_2(answer_201.id_token_info)
        case _:
            id_21 = v21.IdToken(id_token=token, type="ISO14443")
            answer_21 = await up(bus, station, v21.Authorize(id_token=id_21))
            return id_2(answer_21.id_token_info)


@pytest.mark.parametrize("version", ["v16", "v201", "v21"])
async def test_a_good_token_is_accepted_with_its_group_and_expiry(
    service: Any, bus: Bus, tenant: str, version: str
) -> None:
    """C01, C09: the group is always told."""
    await bus.ask(PutToken(tenant=tenant, token="aa11", group="Fleet", valid_to=SOON))
    assert await present(bus, tenant, version, "AA11") == ("Accepted", "Fleet", SOON)


@pytest.mark.parametrize(
    ("changes", "in_2", "in_16"),
    [
        ({"status": "Blocked"}, "Blocked", "Blocked"),
        ({"status": "Expired"}, "Expired", "Expired"),
        ({"status": "NoCredit"}, "NoCredit", "Invalid"),
        ({"valid_to": LONG_AGO}, "Expired", "Expired"),
        ({"valid_from": SOON}, "NotAtThisTime", "Invalid"),
        ({"stations": ["CP2"]}, "NotAtThisLocation", "Invalid"),
    ],
)
async def test_each_version_is_told_no_in_its_own_words(
    service: Any, bus: Bus, tenant: str, changes: dict[str, Any], in_2: str, in_16: str
) -> None:
    await bus.ask(PutToken(tenant=tenant, token="AA11", group="G", **changes))
    for version, status in (("v16", in_16), ("v201", in_2), ("v21", in_2)):
        assert (await present(bus, tenant, version, "AA11"))[:2] == (status, "G")


async def test_an_unknown_token_is_unknown_and_recorded(
    service: Any, bus: Bus, tenant: str, database: str
) -> None:
    """1.6 knows it as Invalid."""
    assert (await present(bus, tenant, "v201", "XX"))[0] == "Unknown"
    assert (await present(bus, tenant, "v16", "xx"))[0] == "Invalid"
    query = 'SELECT upper(id), times, station FROM "authorization".seen WHERE tenant = $1'
    async with asyncpg.create_pool(database, min_size=1) as pool:
        row = await eventually(
            lambda: pool.fetchrow(query, tenant), lambda row: row is not None and row["times"] == 2
        )
        assert tuple(row) == ("XX", 2, "CP1")


async def test_a_group_too_long_for_16_is_not_told_there(
    service: Any, bus: Bus, tenant: str
) -> None:
    await bus.ask(PutToken(tenant=tenant, token="AA11", group="G" * 30))
    assert (await present(bus, tenant, "v16", "AA11"))[:2] == ("Accepted", None)
    assert (await present(bus, tenant, "v201", "AA11"))[:2] == ("Accepted", "G" * 30)


async def test_the_language_is_told(service: Any, bus: Bus, tenant: str) -> None:
    await bus.ask(PutToken(tenant=tenant, token="AA11", language="de"))
    request = v21.Authorize(id_token=v21.IdToken(id_token="AA11", type="ISO14443"))
    answer = await up(bus, Address(tenant, "CP1"), request)
    assert answer.id_token_info.language1 == "de"


async def test_a_start_button_is_accepted(service: Any, bus: Bus, tenant: str) -> None:
    """C02."""
    for request in (
        v201.Authorize(id_token=v201.IdToken(id_token="", type="NoAuthorization")),
        v21.Authorize(id_token=v21.IdToken(id_token="", type="NoAuthorization")),
    ):
        answer = await up(bus, Address(tenant, "CP1"), request)
        assert answer.id_token_info.status == "Accepted"


async def test_a_contract_that_cannot_be_verified_is_not_accepted(
    service: Any, bus: Bus, tenant: str
) -> None:
    """C07: chain or issuer unverifiable."""
    await bus.ask(PutToken(tenant=tenant, token="DE8AA1A2B3C4D5", type="eMAID"))
    plain = v201.Authorize(id_token=v201.IdToken(id_token="DE8AA1A2B3C4D5", type="eMAID"))
    answer = await up(bus, Address(tenant, "CP1"), plain)
    assert (answer.id_token_info.status, answer.certificate_status) == ("Accepted", None)
    for request in (
        v201.Authorize(id_token=plain.id_token, certificate="-----BEGIN CERTIFICATE-----"),
        v21.Authorize(
            id_token=v21.IdToken(id_token="DE8AA1A2B3C4D5", type="eMAID"),
            iso15118_certificate_hash_data=[
                v21.OCSPRequestData(
                    hash_algorithm="SHA256",
                    issuer_name_hash="a",
                    issuer_key_hash="b",
                    serial_number="c",
                    responder_url="http://ocsp.example",
                )
            ],
        ),
    ):
        answer = await up(bus, Address(tenant, "CP1"), request)
        assert answer.id_token_info.status == "Invalid"
        assert answer.certificate_status == "CertChainError"


async def test_a_token_for_some_connectors_is_told_the_evses(
    service: Any, bus: Bus, tenant: str
) -> None:
    """`stations` is asked for the types of its connectors."""
    stations = Router("stations")

    @stations.answers(GetStation)
    async def get_station(app: None, ask: GetStation) -> StationView:
        evses = [
            EvseView(id=evse, connectors=[ConnectorView(id=1, type=kind)])
            for evse, kind in ((1, "cCCS2"), (2, "sType2"))
        ]
        return StationView(tenant=ask.tenant, id=ask.station, evses=evses)

    serving = await bus.serve(stations, None)
    await bus.ask(PutToken(tenant=tenant, token="AA11", evse_types=["sType2"]))
    await bus.ask(PutToken(tenant=tenant, token="BB22", evse_types=["cCHAdeMO"]))
    request = v201.Authorize(id_token=v201.IdToken(id_token="AA11", type="ISO14443"))
    answer = await up(bus, Address(tenant, "CP1"), request)
    assert (answer.id_token_info.status, answer.id_token_info.evse_id) == ("Accepted", [2])
    assert (await present(bus, tenant, "v21", "BB22"))[0] == "NotAllowedTypeEVSE"
    await serving.stop()


async def test_ten_tokens_may_charge_in_a_demonstration(start: Start, bus: Bus) -> None:
    async with start(demo_tokens=True):
        for number in range(1, 11):
            assert (await present(bus, "default", "v16", f"DEMO{number:04}"))[0] == "Accepted"
        await bus.ask(PutToken(tenant="default", token="DEMO0001", status="Blocked"))
    async with start(demo_tokens=True):
        assert (await present(bus, "default", "v16", "DEMO0001"))[0] == "Blocked"
        await bus.ask(PutToken(tenant="default", token="DEMO0001", status="Accepted"))


async def test_the_usual_question_asks_nothing_of_the_database(
    service: Any, bus: Bus, tenant: str, database: str
) -> None:
    await bus.ask(PutToken(tenant=tenant, token="AA11", group="G"))
    await present(bus, tenant, "v16", "AA11")
    async with (
        asyncpg.create_pool(database, min_size=1) as pool,
        pool.acquire() as connection,
        connection.transaction(),
    ):
        await connection.execute('LOCK TABLE "authorization".token IN ACCESS EXCLUSIVE MODE')
        for version in ("v16", "v201", "v21"):
            assert (await present(bus, tenant, version, "AA11"))[0] == "Accepted"
