"""What stations get wrong is mended and named; what names or proves something is not touched."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.ocpp import codec, v16, v21, v201
from libs.ocpp.fault import Violation
from libs.ocpp.repair import QUIRKS_MAX
from tests.libs.ocpp.documents import ABSENT, ANY_DOCUMENT, change, fullest, get
from tests.libs.ocpp.schemas import CASES, Case, Place, places


def mend(message_type, document) -> codec.Mended:
    return codec.mend(message_type, json.dumps(document).encode())


def slips(place: Place, value: Any) -> Iterator[tuple[Any, Any, str]]:
    """Ways to write a value nearly right: what is written, what it is mended to, the quirk."""
    if not place.required:
        yield None, ABSENT, "null"
    match place.node.kind:
        case "integer":
            yield str(value), value, "text as number"
            yield float(value), value, "fraction"
        case "number":
            yield f" {value}", value, "text as number"
        case "string" if (place.node.high or 99) > 10:
            yield 1234567890, "1234567890", "number as text"
            yield f"{value}\0\0", value, "nul"
        case "boolean":
            yield "True", True, "boolean"
            yield 0, False, "boolean"
        case "enum":
            yield value.swapcase().replace(".", "_"), value, "spelling"
        case "date-time":
            yield "2026-01-31 12:00:00,125", "2026-01-31T12:00:00.125Z", "time"
        case "array" if len(value) == 1:
            yield value[0], value, "single"
        case "object" if place.node.closed:
            yield value | {"x-y": 1}, value, "unknown property"
        case _:
            pass


@pytest.mark.parametrize("case", CASES, ids=str)
def test_each_slip_is_mended_and_named(case: Case):
    document = fullest(case.node)
    for place in places(case.node, document):
        if place.node.kind == "any":
            continue
        for slip, meant, quirk in slips(place, get(document, place.keys)):
            mended = mend(case.type, change(document, place.keys, slip))
            right = json.dumps(change(document, place.keys, meant)).encode()
            assert mended.message == codec.decode(case.type, right)
            assert codec.decode(case.type, mended.payload) == mended.message
            below = ".x-y" if quirk == "unknown property" else ""
            assert mended.quirks == (f"{quirk} {place.quirk_path}{below}",)


@given(ANY_DOCUMENT, st.data())
def test_what_is_mended_once_stays_mended(pair, data):
    """Several slips in any document: the result conforms, so that mending it again does nothing."""
    case, document = pair
    for _ in range(3):
        spots = [
            (place.keys, slip)
            for place in places(case.node, document)
            for slip, _, _ in slips(place, get(document, place.keys))
            if place.node.kind != "any"
        ]
        if spots:
            keys, slip = data.draw(st.sampled_from(spots))
            document = change(document, keys, slip)
            break
    try:
        mended = mend(case.type, document)
    except Violation:
        return
    assert codec.mend(case.type, mended.payload) == codec.Mended(mended.message, mended.payload, ())


@given(
    st.sampled_from(CASES),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text() | st.floats(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner),
    ),
)
def test_whatever_comes_is_mended_or_refused(case: Case, document):
    try:
        mended = codec.mend(case.type, msgspec.json.encode(document))
    except Violation:
        return
    assert codec.decode(case.type, mended.payload) == mended.message
    assert len(mended.quirks) <= QUIRKS_MAX


def test_a_status_of_a_careless_station_is_understood():
    mended = mend(
        v16.StatusNotification,
        {
            "connectorId": "1",
            "errorCode": "noError",
            "status": "SuspendedEvse",
            "timestamp": "2026-01-31 12:00:00",
            "info": "x" * 60,
            "vendorId": None,
            "vendorErrorCode": 17,
            "customData": {"vendorId": "us"},
        },
    )
    assert mended.message == v16.StatusNotification(
        connector_id=1,
        error_code="NoError",
        status="SuspendedEVSE",
        timestamp=datetime(2026, 1, 31, 12, tzinfo=UTC),
        info="x" * 50,
        vendor_error_code="17",
    )
    assert mended.quirks == (
        "text as number $.connectorId",
        "spelling $.errorCode",
        "spelling $.status",
        "time $.timestamp",
        "too long $.info",
        "null $.vendorId",
        "number as text $.vendorErrorCode",
        "unknown property $.customData",
    )


def test_meter_values_with_numbers_and_blanks_are_understood():
    """A place that is wrong in every sample is one quirk."""
    mended = mend(
        v16.MeterValues,
        {
            "connectorId": 1,
            "transactionId": "42",
            "meterValue": {
                "timestamp": "2026-01-31T12:00:00Z",
                "sampledValue": [
                    {"value": 230.1, "unit": "wh", "context": ""},
                    {"value": 7, "unit": "KWH", "measurand": "energy.active.import.register"},
                ],
            },
        },
    )
    samples = mended.message.meter_value[0].sampled_value
    assert [(each.value, each.unit, each.measurand) for each in samples] == [
        ("230.1", "Wh", None),
        ("7", "kWh", "Energy.Active.Import.Register"),
    ]
    assert mended.quirks == (
        "text as number $.transactionId",
        "number as text $.meterValue[].sampledValue[].value",
        "spelling $.meterValue[].sampledValue[].unit",
        "empty $.meterValue[].sampledValue[].context",
        "spelling $.meterValue[].sampledValue[].measurand",
        "single $.meterValue",
    )


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-01-31T12:00:00", "12:00:00"),
        ("2026-01-31 12:00", "12:00:00"),
        ("2026-01-31T12:00Z", "12:00:00"),
        ("2026-01-31T12:00:00.", "12:00:00"),
        ("2026-01-31T12:00:00,25Z", "12:00:00.250000"),
        ("2026-01-31T12:00:00.123456789", "12:00:00.123456"),
        ("2026-01-31T12:00:00 UTC", "12:00:00"),
        ("2026-01-31T14:00:00+02", "12:00:00"),
        ("2026-01-31T14:00:00 +0200", "12:00:00"),
        (" 2026-01-31T12:00:00Z ", "12:00:00"),
        ("2026-01-31T12:00:60Z", "12:00:59"),
    ],
)
def test_times_are_read_as_they_were_meant(written: str, meant: str):
    mended = mend(v16.HeartbeatResponse, {"currentTime": written})
    time = datetime.fromisoformat(f"2026-01-31T{meant}+00:00")
    assert mended.message == v16.HeartbeatResponse(current_time=time)
    assert mended.quirks == ("time $.currentTime",)


@pytest.mark.parametrize(
    "written", ["", "now", "2026-01-31", "31.01.2026 12:00", "2026-13-01T00:00:00Z", 1769860800]
)
def test_times_that_could_mean_anything_are_refused(written):
    with pytest.raises(Violation, match=r"\$\.currentTime"):
        mend(v16.HeartbeatResponse, {"currentTime": written})


@pytest.mark.parametrize(
    ("message_type", "document", "path"),
    [
        (v16.Authorize, {"idTag": "x" * 21}, "$.idTag"),
        (v201.Authorize, {"idToken": {"idToken": "x" * 37, "type": "Local"}}, "$.idToken.idToken"),
        (
            v21.NotifyPriorityCharging,
            {"transactionId": "x" * 37, "activated": True},
            "$.transactionId",
        ),
        (v201.SignCertificate, {"csr": "x" * 5501}, "$.csr"),
    ],
)
def test_what_names_or_proves_something_is_never_cut(message_type, document, path):
    with pytest.raises(Violation) as caught:
        mend(message_type, document)
    assert (caught.value.code, caught.value.path) == ("PropertyConstraintViolation", path)


def test_free_text_is_cut():
    station = {"vendorName": "v" * 51, "model": "m" * 21, "serialNumber": "s" * 26}
    mended = mend(v201.BootNotification, {"reason": "PowerUp", "chargingStation": station})
    cut = mended.message.charging_station
    assert (len(cut.vendor_name), len(cut.model), len(cut.serial_number)) == (50, 20, 25)
    assert mended.quirks == (
        "too long $.chargingStation.vendorName",
        "too long $.chargingStation.model",
        "too long $.chargingStation.serialNumber",
    )


def test_empty_optional_things_are_absent():
    document = {"type": "OnIdle", "evseId": "", "customData": {}}
    mended = mend(v201.Reset, document)
    assert mended.message == v201.Reset(type="OnIdle")
    assert mended.quirks == ("empty $.evseId", "vendor data $.customData")
    mended = mend(
        v201.NotifyReport,
        {"requestId": 1, "generatedAt": "2026-01-31T12:00:00Z", "seqNo": 0, "reportData": []},
    )
    assert mended.message.report_data is None
    assert mended.quirks == ("empty $.reportData",)


def test_an_empty_text_where_a_text_is_allowed_stays():
    payload = b'{"idTag":"x","connectorId":1,"meterStart":0,"timestamp":"2026-01-31T12:00:00Z"}'
    assert codec.mend(v16.StartTransaction, payload).quirks == ()
    payload = b'{"vendorId":"us","messageId":"","data":""}'
    assert codec.mend(v16.DataTransfer, payload) == codec.Mended(
        v16.DataTransfer(vendor_id="us", message_id="", data=""), payload, ()
    )


def test_names_of_properties_in_another_case_are_understood():
    mended = mend(v16.Authorize, {"id_tag": "AA"})
    assert mended.message == v16.Authorize(id_tag="AA")
    assert mended.quirks == ("name $.id_tag",)


def test_a_name_that_is_there_in_its_own_spelling_wins():
    mended = mend(v16.Authorize, {"IDTAG": "BB", "idTag": "AA"})
    assert mended.message == v16.Authorize(id_tag="AA")
    assert mended.quirks == ("unknown property $.IDTAG",)


def test_null_for_a_whole_payload_is_an_empty_one():
    assert codec.mend(v16.Heartbeat, b"null") == codec.Mended(v16.Heartbeat(), b"{}", ("null $",))
    with pytest.raises(Violation, match="missing"):
        codec.mend(v16.Authorize, b"null")


def test_null_for_a_required_property_is_refused():
    with pytest.raises(Violation, match=r"\$\.idTag is null|idTag"):
        mend(v16.Authorize, {"idTag": None})


def test_a_meter_reading_with_a_fraction_is_not_rounded():
    document = {"meterStop": 1.5, "timestamp": "2026-01-31T12:00:00Z", "transactionId": 1}
    with pytest.raises(Violation) as caught:
        mend(v16.StopTransaction, document)
    assert (caught.value.code, caught.value.path) == ("TypeConstraintViolation", "$.meterStop")


def test_an_unknown_value_of_a_closed_set_is_refused_rather_than_dropped():
    """Without its measurand, a sample would be taken for energy."""
    sample = {"value": 1, "measurand": "Power.Something"}
    values = {
        "evseId": 1,
        "meterValue": [{"timestamp": "2026-01-31T12:00:00Z", "sampledValue": [sample]}],
    }
    with pytest.raises(Violation) as caught:
        mend(v201.MeterValues, values)
    assert caught.value.path == "$.meterValue[0].sampledValue[0].measurand"


@pytest.mark.parametrize("tail", ["", ',"x":1'], ids=["proper", "surprising"])
def test_nesting_near_the_limit_of_recursion_is_mended_or_refused(tail: str):
    """The limit is that of the Python that runs this: 1,000 in 3.11, 10,000 in 3.13."""
    outcomes = set()
    for depth in (*range(500, 1010), *range(1_100, 20_000, 300)):
        nested = "[" * depth + "]" * depth
        payload = f'{{"customData":{{"vendorId":"us","a":{nested}}}{tail}}}'.encode()
        try:
            outcomes.add(codec.mend(v201.Heartbeat, payload).quirks)
        except Violation as violation:
            outcomes.add(violation.path)
    quirks = ("unknown property $.x",) if tail else ()
    assert outcomes in ({quirks, "$"}, {quirks, "$", "$.x"})


def test_quirks_are_bounded():
    mended = mend(v16.Heartbeat, {f"x{number}": number for number in range(100)})
    assert len(mended.quirks) == QUIRKS_MAX
    assert mended.payload == b"{}"


def test_values_that_differ_only_in_case_would_not_be_guessed():
    """No closed set of OCPP has such a pair; if one comes, this test shows it."""
    for case in CASES:
        for place in places(case.node, fullest(case.node)):
            folds = ["".join(filter(str.isalnum, value.casefold())) for value in place.node.values]
            assert len(set(folds)) == len(folds), place.path
