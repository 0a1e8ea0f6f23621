"""Who may open a socket."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.bus import Bus
from libs.contracts.stations import (
    Admission,
    Admit,
    DeleteStation,
    GetStation,
    ListStations,
    PutStation,
)
from libs.ocpp.message import Version
from services.stations import admission
from services.stations.admission import Record
from services.stations.secret import Kept, keep, matches, meaning
from services.stations.verifier import Verifier
from tests.services.stations.conftest import Start

KEY_HEX = "0001020304050607FFF9F8F7F6F5F4F3F2F1F0AB"
KEPT = keep("a password of 2.x", (b"1" * 16, b"2" * 16))
KEPT_KEY = keep(KEY_HEX, (b"1" * 16, b"2" * 16))
VERSIONS: list[Version] = ["v16", "v201", "v21"]


def ask(**changes: Any) -> Admit:
    return Admit(
        **{"station": "CP1", "edge": "e1", "remote": "10.0.0.1:99", "version": "v201", **changes}
    )


# -- the decision --------------------------------------------------------------------------------


def test_a_known_station_of_profile_0_needs_no_credentials() -> None:
    record = Record(tenant="acme", station="CP1", boot_status="Pending", strict=True)
    assert admission.decide([record], ask(), "not asked", 7) == Admission(
        admitted=True, tenant="acme", station="CP1", epoch=7, boot_status="Pending", strict=True
    )


def test_an_unknown_station_is_unknown() -> None:
    answer = admission.decide([], ask(), "not asked", 7)
    assert (answer.admitted, answer.refused, answer.epoch) == (False, "unknown", 0)


def test_an_identity_of_two_tenants_must_name_its_tenant() -> None:
    records = [Record(tenant="a", station="CP1"), Record(tenant="b", station="CP1")]
    answer = admission.decide(records, ask(), "not asked", 7)
    assert answer.refused == "unknown"
    assert "name the tenant in the URL" in answer.reason


@pytest.mark.parametrize(
    ("profile", "has_secret", "user", "secret", "verdict", "refused"),
    [
        (0, False, None, None, "not asked", None),
        (0, False, b"CP1", b"anything", "not asked", None),
        (0, True, None, None, "not asked", None),
        (0, True, b"CP1", b"x", "wrong", "unauthorized"),
        (0, True, b"CP1", b"x", "right", None),
        (1, False, b"CP1", b"x", "not asked", "unauthorized"),
        (1, True, None, None, "not asked", "unauthorized"),
        (1, True, b"CP1", b"x", "right", None),
        (1, True, b"CP1", b"x", "wrong", "unauthorized"),
        (1, True, b"CP2", b"x", "not asked", "unauthorized"),
        (1, True, b"CP1", b"x", "busy", "busy"),
        (2, True, b"CP1", b"x", "right", "forbidden"),
        (3, True, b"CP1", b"x", "right", "forbidden"),
    ],
)
def test_credentials_by_profile_on_a_plain_socket(
    profile: int, has_secret: bool, user: bytes, secret: bytes, verdict: Any, refused: str
) -> None:
    """A00.FR.204, TC_A_01 to TC_A_03."""
    record = Record(
        tenant="t",
        station="CP1",
        security_profile=profile,
        secret=Kept("text", "octets") if has_secret else None,
    )
    answer = admission.decide([record], ask(user=user, secret=secret), verdict, 1)
    assert answer.refused == refused
    assert answer.admitted is (refused is None)


def test_profile_2_is_basic_over_tls() -> None:
    record = Record(tenant="t", station="CP1", security_profile=2, secret=Kept("t", "o"))
    over_tls = ask(user=b"CP1", secret=b"x", tls=True)
    assert admission.decide([record], over_tls, "right", 1).admitted


def test_a_higher_transport_than_recorded_is_fine() -> None:
    record = Record(tenant="t", station="CP1", security_profile=1, secret=Kept("t", "o"))
    assert admission.decide([record], ask(user=b"CP1", secret=b"x", tls=True), "right", 1).admitted


@given(
    profile=st.integers(0, 3),
    kept=st.booleans(),
    user=st.sampled_from([None, b"CP1", b"CP2"]),
    secret=st.sampled_from([None, b"s"]),
    verdict=st.sampled_from(["not asked", "right", "wrong", "busy"]),
    tls=st.booleans(),
)
def test_nobody_enters_a_protected_station_without_its_secret(
    profile: int, kept: bool, user: bytes | None, secret: bytes | None, verdict: Any, tls: bool
) -> None:
    record = Record(
        tenant="t",
        station="CP1",
        security_profile=profile,
        secret=Kept("t", "o") if kept else None,
    )
    answer = admission.decide([record], ask(user=user, secret=secret, tls=tls), verdict, 1)
    if answer.admitted and profile > 0:
        assert verdict == "right"
        assert user == b"CP1"
        assert secret is not None
        assert profile == 1 or (profile == 2 and tls)
    if verdict == "wrong" and kept and secret is not None:
        assert not answer.admitted
    assert answer.admitted is (answer.refused is None)
    assert "s3cr3t" not in answer.reason


@pytest.mark.parametrize("identity", ["", "a\nb", "a\x00b", "x" * 256, "a\x7fb"])
def test_an_identity_that_cannot_be_is_told_so(identity: str) -> None:
    assert not admission.well_formed(identity)


# -- secrets -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "presented",
    [bytes.fromhex(KEY_HEX), KEY_HEX.encode(), KEY_HEX.lower().encode()],
    ids=["raw bytes", "hex", "lower hex"],
)
def test_a_16_key_is_right_in_each_way_that_stations_send_it(presented: bytes) -> None:
    assert matches(KEPT_KEY, "v16", presented)


def test_a_16_secret_that_is_text_is_right_as_text_and_as_its_hex() -> None:
    assert matches(KEPT, "v16", b"a password of 2.x")
    assert matches(KEPT, "v16", b"a password of 2.x".hex().encode())


@pytest.mark.parametrize("version", ["v201", "v21"])
def test_a_2x_secret_is_exactly_its_utf_8_text(version: Version) -> None:
    assert matches(KEPT, version, b"a password of 2.x")
    assert not matches(KEPT, version, b"A password of 2.x")
    assert not matches(KEPT_KEY, version, KEY_HEX.lower().encode())
    assert not matches(KEPT_KEY, version, bytes.fromhex(KEY_HEX))


@pytest.mark.parametrize("version", VERSIONS)
def test_a_wrong_secret_is_wrong(version: Version) -> None:
    assert not matches(KEPT, version, b"a password of 2.y")
    assert not matches(KEPT, version, b"")


def test_the_hash_says_nothing_of_the_secret() -> None:
    again = keep("a password of 2.x", (b"3" * 16, b"4" * 16))
    assert again != KEPT
    assert "password" not in repr(KEPT)
    assert KEPT.text != KEPT.octets


@given(st.binary(max_size=40))
def test_what_a_16_secret_means_does_not_depend_on_how_it_is_spelled(key: bytes) -> None:
    spelled = key.hex().encode()
    if len(key) >= 16:
        assert meaning(spelled) == meaning(spelled.upper()) == key
    else:
        assert meaning(spelled) == spelled


async def test_a_verified_secret_is_not_paid_for_again() -> None:
    verifier = Verifier()
    for _ in range(50):
        assert await verifier.check(KEPT, "v201", b"a password of 2.x") == "right"
        assert await verifier.check(KEPT, "v201", b"guess") == "wrong"
    assert verifier.hashed == 2
    assert await verifier.check(KEPT_KEY, "v201", b"a password of 2.x") == "wrong"
    verifier.stop()


async def test_a_wrong_secret_is_compared_again_after_a_while() -> None:
    now = [0.0]
    verifier = Verifier(clock=lambda: now[0])
    await verifier.check(KEPT, "v201", b"guess")
    now[0] = 61.0
    await verifier.check(KEPT, "v201", b"guess")
    assert verifier.hashed == 2
    verifier.stop()


async def test_what_is_remembered_is_bounded() -> None:
    verifier = Verifier(known_max=3)
    for n in range(6):
        await verifier.check(KEPT, "v201", b"guess %d" % n)
    assert len(verifier._wrong) == 3
    verifier.stop()


async def test_too_many_comparisons_at_once_are_put_off() -> None:
    verifier = Verifier(threads=1, waiting_max=3)
    verdicts = await asyncio.gather(*(verifier.check(KEPT, "v16", b"%d" % n) for n in range(10)))
    assert sorted(verdicts) == ["busy"] * 7 + ["wrong"] * 3
    verifier.stop()


# -- the service ---------------------------------------------------------------------------------


async def test_an_unregistered_station_is_refused(service: Any, bus: Bus, tenant: str) -> None:
    answer = await bus.ask(ask(station=f"X-{tenant}"))
    assert (answer.admitted, answer.refused) == (False, "unknown")


async def test_a_registered_station_comes_in_and_each_socket_has_a_greater_epoch(
    service: Any, bus: Bus, tenant: str
) -> None:
    await bus.ask(PutStation(tenant=tenant, station=f"CP-{tenant}", strict=True))
    first = await bus.ask(ask(station=f"CP-{tenant}"))
    second = await bus.ask(ask(station=f"CP-{tenant}", named_tenant=tenant))
    assert first.admitted
    assert first.tenant == tenant
    assert first.strict
    assert first.boot_status is None
    assert second.epoch > first.epoch > 0


async def test_a_url_that_names_another_tenant_does_not_find_it(
    service: Any, bus: Bus, tenant: str
) -> None:
    await bus.ask(PutStation(tenant=tenant, station=f"CP-{tenant}"))
    answer = await bus.ask(ask(station=f"CP-{tenant}", named_tenant="elsewhere"))
    assert answer.refused == "unknown"


async def test_an_identity_of_two_tenants_is_found_by_its_tenant(
    service: Any, bus: Bus, tenant: str
) -> None:
    identity = f"CP-{tenant}"
    for owner in (tenant, f"{tenant}-b"):
        await bus.ask(PutStation(tenant=owner, station=identity))
    assert (await bus.ask(ask(station=identity))).refused == "unknown"
    answer = await bus.ask(ask(station=identity, named_tenant=f"{tenant}-b"))
    assert answer.tenant == f"{tenant}-b"


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_password_is_asked_for_and_compared(
    service: Any, bus: Bus, tenant: str, version: Version
) -> None:
    """TC_A_01, TC_A_02, TC_A_03."""
    station = f"CP {tenant}.ü"
    put = PutStation(
        tenant=tenant, station=station, security_profile=1, password="0123456789abcdef"
    )
    view = await bus.ask(put)
    assert view.has_password
    assert view.security_profile == 1
    user = station.encode()
    right = ask(station=station, version=version, user=user, secret=b"0123456789abcdef")
    assert (await bus.ask(right)).admitted
    assert (await bus.ask(ask(station=station, version=version))).refused == "unauthorized"
    wrong = ask(station=station, version=version, user=user, secret=b"0123456789abcdeg")
    assert (await bus.ask(wrong)).refused == "unauthorized"
    other = ask(station=station, version=version, user=b"CP2", secret=b"0123456789abcdef")
    assert (await bus.ask(other)).refused == "unauthorized"


async def test_a_changed_password_counts_at_once(service: Any, bus: Bus, tenant: str) -> None:
    station = f"CP-{tenant}"

    async def enters(secret: bytes) -> bool:
        request = ask(station=station, user=station.encode(), secret=secret)
        return (await bus.ask(request)).admitted

    await bus.ask(PutStation(tenant=tenant, station=station, security_profile=1, password="first"))
    assert await enters(b"first")
    await bus.ask(PutStation(tenant=tenant, station=station, password="second"))
    assert not await enters(b"first")
    assert await enters(b"second")
    view = await bus.ask(PutStation(tenant=tenant, station=station, password=None))
    assert not view.has_password
    assert not await enters(b"second")


async def test_with_open_registration_a_station_is_registered_at_first_sight(
    start: Start, bus: Bus, tenant: str
) -> None:
    station = f"NEW-{tenant}"
    async with start(open_registration=True):
        answer = await bus.ask(ask(station=station))
        assert (answer.admitted, answer.tenant, answer.boot_status) == (True, "default", None)
        view = await bus.ask(GetStation(tenant="default", station=station))
        assert view.registration == "Accepted"
        elsewhere = await bus.ask(ask(station=f"{station}-2", named_tenant=tenant))
        assert elsewhere.refused == "unknown"
        await bus.ask(DeleteStation(tenant="default", station=station))


async def test_a_thousand_unknown_stations_may_come_at_once(
    start: Start, bus: Bus, tenant: str
) -> None:
    """Two instances, the same stations: nobody waits for each other in a circle."""
    names = [f"S{n}-{tenant}" for n in range(1000)]
    async with start(open_registration=True), start(open_registration=True):
        twice = [*names, *reversed(names)]
        answers = await asyncio.gather(*(bus.ask(ask(station=name), timeout=20) for name in twice))
        assert all(answer.admitted for answer in answers)
        assert len({answer.epoch for answer in answers}) == 2000
        page = await bus.ask(ListStations(tenant="default", search=tenant, limit=500))
        assert len(page.items) == 500
