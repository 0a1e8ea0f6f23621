"""The catalogue of faults: complete, findable, translatable; a hint for every refusal."""

from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.contracts.command import INVALID_ANSWER, CommandResult
from libs.ocpp import fault, v16
from libs.ocpp.message import Version
from services.devices.faults import Catalogue, Maker, load
from services.devices.faults.explanation import explain

WHO = {"driver", "operator", "technician", "maker", "nobody"}


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load()


def test_every_entry_says_what_it_means_who_acts_and_how_to_mend_it(catalogue: Catalogue) -> None:
    for entry in catalogue.entries():
        assert entry.who in WHO
        assert min(len(entry.title), len(entry.meaning), len(entry.hint)) > 5, entry.code


@pytest.mark.parametrize("code", get_args(v16.ChargePointErrorCode))
def test_every_error_code_of_1_6_is_explained(catalogue: Catalogue, code: str) -> None:
    if code != "NoError":
        assert catalogue.connector(code, None, None) == f"connector.{code}"
        assert catalogue.get(f"connector.{code}")


@pytest.mark.parametrize("version", ["v16", "v201", "v21"])
@pytest.mark.parametrize("code", sorted(fault.CODES))
def test_every_error_of_a_frame_is_explained_in_each_spelling(
    catalogue: Catalogue, version: Version, code: fault.Code
) -> None:
    spelled = fault.spell(code, version)
    entry = catalogue.get(catalogue.rpc(spelled))
    assert entry is not None
    assert spelled in {entry.code.partition(".")[2], *entry.also}


def test_an_error_code_that_nobody_knows_is_still_explained(catalogue: Catalogue) -> None:
    assert catalogue.get(catalogue.rpc("VendorOops")) == catalogue.get("rpc.GenericError")
    assert catalogue.get(catalogue.connector("Oops", None, None))
    assert catalogue.get(catalogue.event("Flux", "Capacity", None))
    assert catalogue.get(catalogue.security("Oops"))
    assert catalogue.get(catalogue.reason("Oops"))


@pytest.mark.parametrize(
    ("vendor_code", "info", "found"),
    [
        ("CX008", None, "mrec.CX008"),
        ("cx-26", None, "mrec.CX026"),
        (None, "Plug out (CX020)", "mrec.CX020"),
        ("CX099", None, "connector.OtherError"),
        ("XCX008", None, "connector.OtherError"),
        ("CX0081", None, "connector.OtherError"),
    ],
)
def test_minimum_required_error_codes_are_found_as_makers_write_them(
    catalogue: Catalogue, vendor_code: str | None, info: str | None, found: str
) -> None:
    assert catalogue.connector("OtherError", vendor_code, info) == found


def test_all_minimum_required_error_codes_are_there(catalogue: Catalogue) -> None:
    codes = [entry.code for entry in catalogue.entries(source="mrec")]
    assert codes == [f"mrec.CX{number:03}" for number in range(1, 27)]


@pytest.mark.parametrize(
    ("maker", "found"),
    [
        (Maker("Examplia GmbH", "Duo 22"), "vendor.example.E101"),
        (Maker("EXAMPLIA", "UNO"), "vendor.example.E101"),
        (Maker("Examplia GmbH", "Trio"), "connector.HighTemperature"),
        (Maker("Other", "Duo 22"), "connector.HighTemperature"),
        (Maker("", "", "com.example.chargers"), "vendor.example.E101"),
    ],
)
def test_the_table_of_a_maker_is_used_for_its_stations_only(
    catalogue: Catalogue, maker: Maker, found: str
) -> None:
    assert catalogue.connector("HighTemperature", "E101", None, maker) == found


def test_a_table_of_the_operator_wins_where_it_fits_more_closely(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(
        '[match]\nvendor = ["Examplia*"]\nmodel = ["Duo 22*"]\n'
        '[codes.E101]\ntitle = "T"\nmeaning = "M"\nwho = "nobody"\nhint = "H"\n'
    )
    catalogue = load(tmp_path)
    found = catalogue.connector("OtherError", "E101", None, Maker("Examplia", "Duo 22"))
    assert found == "vendor.own.E101"
    assert catalogue.connector("OtherError", "E101", None, Maker("Examplia", "Duo 11")) == (
        "vendor.example.E101"
    )
    assert catalogue.concerns_makers("e101", None)
    assert not catalogue.concerns_makers("E999", None)


def test_an_event_is_known_by_tech_code_then_component_then_variable(catalogue: Catalogue) -> None:
    assert catalogue.event("Connector", "Problem", "CX001") == "mrec.CX001"
    assert catalogue.event("connectorpluGretentionLock", "Problem", None) == (
        "event.ConnectorPlugRetentionLock"
    )
    assert catalogue.event("EVSE", "Power", None) == "event.any.Power"
    assert catalogue.event("EVSE", "Problem", None) == "event.EVSE"
    assert catalogue.event("EVSE", "Wobble", None) == "event.EVSE"
    assert catalogue.event("MakersOwn", "problem", None) == "event.any.Problem"
    assert catalogue.event("MakersOwn", "Wobble", None) == "event.any.Other"


def test_texts_come_in_another_language_and_in_english_where_they_are_missing(
    catalogue: Catalogue,
) -> None:
    english = catalogue.get("connector.GroundFailure")
    german = catalogue.get("connector.GroundFailure", "de-AT")
    assert english is not None
    assert german is not None
    assert german.title != english.title
    assert (german.code, german.who) == (english.code, english.who)
    assert catalogue.get("mrec.CX001", "de") == catalogue.get("mrec.CX001")
    assert catalogue.get("mrec.CX001", "xx") == catalogue.get("mrec.CX001")


def answered(**payload: object) -> CommandResult:
    return CommandResult(status="answered", payload=payload)


def test_what_was_granted_needs_no_hint(catalogue: Catalogue) -> None:
    assert explain(catalogue, "Reset", answered(status="Accepted")) is None
    assert explain(catalogue, "GetConfiguration", answered(configurationKey=[])) is None


def test_a_reason_code_is_explained(catalogue: Catalogue) -> None:
    result = answered(status="Rejected", statusInfo={"reasonCode": "DuplicateProfile"})
    hint = explain(catalogue, "SetChargingProfile", result)
    assert hint is not None
    assert "stack level and purpose" in str(catalogue.get("reason.DuplicateProfile"))
    assert hint.startswith("Such a charging profile exists already.")


def test_each_refused_item_of_a_list_is_explained(catalogue: Catalogue) -> None:
    result = answered(
        setVariableResult=[
            {"attributeStatus": "Accepted"},
            {"attributeStatus": "Rejected", "attributeStatusInfo": {"reasonCode": "ReadOnly"}},
            {"attributeStatus": "UnknownVariable"},
        ]
    )
    hint = explain(catalogue, "SetVariables", result)
    assert hint is not None
    assert "can only be read" in hint
    assert "no such variable" in hint


@pytest.mark.parametrize("status", ["offline", "timeout"])
def test_silence_is_explained(catalogue: Catalogue, status: str) -> None:
    entry = catalogue.get(f"call.{status}")
    assert entry is not None
    hint = explain(catalogue, "Reset", CommandResult(status=status))  # type: ignore[arg-type]
    assert hint == f"{entry.title}. {entry.hint}"


def test_an_answer_that_cannot_be_read_is_not_blamed_on_what_was_sent(catalogue: Catalogue) -> None:
    description = f"{INVALID_ANSWER}: $.listVersion is missing"
    result = CommandResult(status="error", code="ProtocolError", description=description)
    hint = explain(catalogue, "GetLocalListVersion", result)
    assert hint is not None
    assert "answer breaks the schema" in hint


def test_an_error_of_the_station_is_explained(catalogue: Catalogue) -> None:
    result = CommandResult(status="error", code="OccurenceConstraintViolation")
    assert "ItemsPerMessage" in str(explain(catalogue, "GetConfiguration", result))


PERIODS = [{"startPeriod": 0, "limit": 16.0}]


@pytest.mark.parametrize(
    ("place", "profile", "rule"),
    [
        (0, {"chargingProfilePurpose": "TxProfile", "transactionId": 7}, "not for 0"),
        (1, {"chargingProfilePurpose": "ChargePointMaxProfile"}, "is for EVSE 0, not 1"),
        (1, {"chargingProfileKind": "Recurring"}, "Add Daily or Weekly"),
    ],
)
def test_a_refused_profile_of_1_6_says_which_rule_failed(
    catalogue: Catalogue, place: int, profile: dict[str, object], rule: str
) -> None:
    """The rules themselves are tested where they are."""
    sound: dict[str, object] = {
        "chargingProfileId": 1,
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Relative",
        "chargingSchedule": {"chargingRateUnit": "A", "chargingSchedulePeriod": PERIODS},
    }
    refusal = CommandResult(status="answered", version="v16", payload={"status": "Rejected"})
    request = {"connectorId": place, "csChargingProfiles": {**sound, **profile}}
    hint = explain(catalogue, "SetChargingProfile", refusal, request)
    assert hint is not None
    assert rule in hint.partition("It breaks a rule: ")[2]
    fine = {"connectorId": 1, "csChargingProfiles": sound}
    hint = explain(catalogue, "SetChargingProfile", refusal, fine)
    assert hint is not None
    assert "It breaks a rule" not in hint


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("GroundFailure", "connector.GroundFailure"),
        ("groundfailure", "connector.GroundFailure"),
        (" GroundFailure ", "connector.GroundFailure"),
        ("InvalidSchedule", "reason.InvalidSchedule"),
        ("CX019", "mrec.CX019"),
        ("cx-19", "mrec.CX019"),
        ("FormatViolation", "rpc.FormatViolation"),
        ("FormationViolation", "rpc.FormatViolation"),
        ("E101", "vendor.example.E101"),
        ("Rejected", "answer.Rejected"),
        ("ConnectorPlugRetentionLock", "event.ConnectorPlugRetentionLock"),
        ("connector.GroundFailure", "connector.GroundFailure"),
    ],
)
def test_what_a_station_said_is_found_without_the_name_of_its_source(
    catalogue: Catalogue, said: str, code: str
) -> None:
    assert catalogue.meant(said) == [code]


def test_what_may_mean_several_things_names_them_all(catalogue: Catalogue) -> None:
    assert catalogue.meant("InternalError") == [
        "connector.InternalError", "reason.InternalError", "rpc.InternalError",
    ]  # fmt: skip
    assert catalogue.meant("Nothing at all") == []


def test_near_codes_are_offered(catalogue: Catalogue) -> None:
    assert "connector.GroundFailure" in catalogue.near("GroundFailur")
    assert "reason.InvalidSchedule" in catalogue.near("InvalidShedule")
    assert "connector.GroundFailure" in catalogue.near("conector.GroundFailure")
    assert catalogue.near("\u2603" * 9) == []


@given(st.text(max_size=60))
def test_any_text_is_looked_up(catalogue: Catalogue, said: str) -> None:
    for code in [*catalogue.meant(said), *catalogue.near(said)]:
        assert catalogue.get(code)


def test_every_name_of_an_entry_leads_to_it(catalogue: Catalogue) -> None:
    for entry in catalogue.entries():
        for name in (entry.code, entry.code.partition(".")[2], *entry.also):
            assert entry.code in catalogue.meant(name), name


def test_the_catalogue_is_searched_in_code_title_and_meaning(catalogue: Catalogue) -> None:
    def found(search: str, language: str = "en") -> list[str]:
        return [entry.code for entry in catalogue.entries(language, search=search)]

    assert "connector.GroundFailure" in found("groundfail")
    assert "connector.GroundFailure" in found("Fehlerstromschutz", "de")
    assert "rpc.FormatViolation" in found("FormationViolation")
    title = catalogue.get("connector.ReaderFailure")
    assert title is not None
    assert "connector.ReaderFailure" in found(title.meaning[:30])
    first, *_ = title.title.split()
    assert "connector.ReaderFailure" in found(f"{first} ReaderFailure")
    assert found("zzzz nothing") == []
    assert len(found("  ")) == len(catalogue.entries())
