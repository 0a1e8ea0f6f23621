"""The local authorization list of a station (D01, D02, C13, C14)."""

from typing import Any

import pytest

from libs.station import local
from libs.station.moment import Token
from tests.libs.station.manual import Bench

ALL = pytest.mark.parametrize("version", ["v16", "v201", "v21"])
TWO = pytest.mark.parametrize("version", ["v201", "v21"])
PAST, FUTURE = "2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z"


def entry(
    bench: Bench, token: str, status: str | None = "Accepted", until: str | None = None
) -> dict[str, Any]:
    """An entry of a list; without a status one that takes the token off it."""
    legacy = bench.controller.profile.version == "v16"
    who: dict[str, Any] = (
        {"idTag": token} if legacy else {"idToken": {"idToken": token, "type": "ISO14443"}}
    )
    if status is None:
        return who
    info = {"status": status}
    if until is not None:
        info["expiryDate" if legacy else "cacheExpiryDateTime"] = until
    return {**who, "idTagInfo" if legacy else "idTokenInfo": info}


def send_raw(bench: Bench, kind: str, version: int, *entries: dict[str, Any]) -> Any:
    number = "listVersion" if bench.controller.profile.version == "v16" else "versionNumber"
    body: dict[str, Any] = {number: version, "updateType": kind}
    if entries:
        body["localAuthorizationList"] = list(entries)
    return bench.server.ask("SendLocalList", body)


def send(bench: Bench, kind: str, version: int, *entries: dict[str, Any]) -> str:
    return send_raw(bench, kind, version, *entries)[2]["status"]


def version_of(bench: Bench) -> int:
    answer = bench.server.ask("GetLocalListVersion", {})[2]
    return answer["listVersion" if "listVersion" in answer else "versionNumber"]


def tokens(bench: Bench) -> set[str]:
    return {key.partition(":")[2] for key in bench.controller.flash.local_list}


def present(bench: Bench, token: str, evse: int = 1) -> str:
    shown: list[str] = []
    local.present(bench.controller, evse, Token(token), shown.append)
    bench.wheel.turn(0.1)
    return shown[0]


@ALL
def test_there_is_no_list_at_first(version: str) -> None:
    assert version_of(Bench(version).boot()) == 0


@ALL
def test_a_full_list_replaces_and_differences_change_it(version: str) -> None:
    """D_01 to D_04."""
    bench = Bench(version).boot()
    assert send(bench, "Full", 3, entry(bench, "AA"), entry(bench, "BB")) == "Accepted"
    assert (version_of(bench), tokens(bench)) == (3, {"aa", "bb"})
    change = (entry(bench, "aa", "Blocked"), entry(bench, "CC"))
    assert send(bench, "Differential", 4, *change) == "Accepted"
    assert send(bench, "Differential", 5, entry(bench, "bb", None)) == "Accepted"
    assert (version_of(bench), tokens(bench)) == (5, {"aa", "cc"})
    assert send(bench, "Full", 2, entry(bench, "DD")) == "Accepted"
    assert (version_of(bench), tokens(bench)) == (2, {"dd"})
    assert send(bench, "Full", 6) == "Accepted"
    assert (version_of(bench), tokens(bench)) == (6, set())


@ALL
def test_a_difference_needs_a_greater_version(version: str) -> None:
    bench = Bench(version).boot()
    send(bench, "Full", 3, entry(bench, "AA"))
    for old in (2, 3):
        assert send(bench, "Differential", old, entry(bench, "BB")) == "VersionMismatch"
    assert (version_of(bench), tokens(bench)) == (3, {"aa"})


@ALL
def test_what_contradicts_itself_fails_and_changes_nothing(version: str) -> None:
    bench = Bench(version).boot()
    send(bench, "Full", 3, entry(bench, "AA"))
    assert send(bench, "Full", 4, entry(bench, "BB"), entry(bench, "bb")) == "Failed"
    assert send(bench, "Full", 4, entry(bench, "BB", None)) == "Failed"
    for number in (0, -1) if version != "v21" else (0,):
        assert send(bench, "Full", number, entry(bench, "BB")) == "Failed"
    assert (version_of(bench), tokens(bench)) == (3, {"aa"})


@ALL
def test_a_list_has_a_limit(version: str) -> None:
    bench = Bench(version, LocalAuthListMaxLength="2").boot()
    send(bench, "Full", 1, entry(bench, "AA"), entry(bench, "BB"))
    assert send(bench, "Differential", 2, entry(bench, "CC")) == "Failed"
    swap = (entry(bench, "AA", None), entry(bench, "CC"))
    assert send(bench, "Differential", 2, *swap) == "Accepted"
    assert tokens(bench) == {"bb", "cc"}


@ALL
def test_a_message_has_a_limit(version: str) -> None:
    bench = Bench(version, LocalAuthListCtrlr__ItemsPerMessage="1").boot()
    answer = send_raw(bench, "Full", 1, entry(bench, "AA"), entry(bench, "BB"))
    if version == "v16":
        assert answer[2] == {"status": "Failed"}
    else:
        assert answer[0] == 4
        assert answer[2] == "OccurrenceConstraintViolation"
    assert tokens(bench) == set()


@TWO
def test_a_message_has_a_limit_in_bytes(version: str) -> None:
    bench = Bench(version, LocalAuthListCtrlr__BytesPerMessage="60").boot()
    assert send_raw(bench, "Full", 1, entry(bench, "AA"))[2] == "FormatViolation"


@ALL
def test_a_list_that_is_switched_off_says_so(version: str) -> None:
    """TC_042_1, TC_043_1."""
    bench = Bench(version, LocalAuthListCtrlr__Enabled="false").boot()
    status = send(bench, "Full", 1, entry(bench, "AA"))
    assert (status, version_of(bench)) == (
        ("NotSupported", -1) if version == "v16" else ("Failed", 0)
    )


@ALL
def test_it_survives_a_power_cut(version: str) -> None:
    bench = Bench(version).boot()
    send(bench, "Full", 3, entry(bench, "AA"))
    bench.controller.power_off(abruptly=True)
    bench.boot()
    assert (version_of(bench), tokens(bench)) == (3, {"aa"})


@ALL
def test_who_is_on_the_list_need_not_be_asked_for(version: str) -> None:
    """C14, 1.6 LocalPreAuthorize."""
    bench = Bench(version, AuthCtrlr__LocalPreAuthorize="true").boot()
    send(bench, "Full", 1, entry(bench, "AA"), entry(bench, "BB", "Blocked"))
    assert present(bench, "aa", 1) == "Accepted"
    assert bench.server.said("Authorize") == []
    assert present(bench, "BB", 2) == "Accepted"
    assert len(bench.server.said("Authorize")) == 1


@TWO
def test_a_refusal_of_the_list_may_be_final(version: str) -> None:
    """DisablePostAuthorize."""
    settings = {
        "AuthCtrlr__LocalPreAuthorize": "true",
        "LocalAuthListCtrlr__DisablePostAuthorize": "true",
    }
    bench = Bench(version, **settings).boot()
    send(bench, "Full", 1, entry(bench, "BB", "Blocked"))
    assert present(bench, "BB") == "Blocked"
    assert bench.server.said("Authorize") == []


@ALL
@pytest.mark.parametrize(
    ("status", "until", "shown"),
    [
        ("Accepted", None, "Accepted"),
        ("Accepted", FUTURE, "Accepted"),
        ("Accepted", PAST, "Invalid"),
        ("Blocked", None, "Invalid"),
    ],
)
def test_the_list_beats_the_cache_offline(
    version: str, status: str, until: str | None, shown: str
) -> None:
    """C13: what the list refuses stays refused, though the cache knows better."""
    bench = Bench(version, AuthCtrlr__OfflineTxForUnknownIdEnabled="true").boot()
    assert present(bench, "AA") == "Accepted"
    bench.controller.evses[1].stop("Local")
    send(bench, "Full", 1, entry(bench, "AA", status, until))
    bench.server.close()
    assert present(bench, "AA", 2) == shown
    assert present(bench, "UNHEARD", 1) == "Accepted"


@TWO
def test_the_type_of_a_token_is_part_of_it(version: str) -> None:
    """C01.FR.25."""
    bench = Bench(version).boot()
    other = {"idToken": {"idToken": "AA", "type": "eMAID"}, "idTokenInfo": {"status": "Blocked"}}
    assert send(bench, "Full", 1, entry(bench, "AA"), other) == "Accepted"
    bench.server.close()
    assert present(bench, "AA") == "Accepted"


@TWO
def test_its_size_is_told(version: str) -> None:
    bench = Bench(version).boot()
    send(bench, "Full", 1, entry(bench, "AA"), entry(bench, "BB"))
    asked = {"component": {"name": "LocalAuthListCtrlr"}, "variable": {"name": "Entries"}}
    answer = bench.server.ask("GetVariables", {"getVariableData": [asked]})
    assert answer[2]["getVariableResult"][0]["attributeValue"] == "2"
