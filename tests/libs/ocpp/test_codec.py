"""Messages become payloads and come back, nothing is lost, times are written as the wire wants."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings

from libs.ocpp import codec, v16, v21, v201
from tests.libs.ocpp.documents import ANY_DOCUMENT, fullest, smallest
from tests.libs.ocpp.schemas import CASES, Case, Node

NOON = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


def meaning(node: Node, value: Any) -> Any:
    """A document with its times as instants; an unlimited null in it is as good as absent."""
    match node.kind:
        case "object" if node.closed:
            return {
                key: meaning(child, value[key])
                for key, child in node.properties.items()
                if value.get(key) is not None
            }
        case "array":
            return [meaning(node.items, item) for item in value]
        case "date-time":
            return datetime.fromisoformat(value)
        case _:
            return value


def there_and_back(case: Case, document: Any) -> Any:
    payload = codec.encode(codec.decode(case.type, msgspec.json.encode(document)))
    return meaning(case.node, json.loads(payload))


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_smallest_and_the_fullest_document_survive(case: Case):
    for document in (smallest(case.node), fullest(case.node)):
        assert there_and_back(case, document) == meaning(case.node, document)


@settings(max_examples=300)
@given(ANY_DOCUMENT)
def test_any_document_of_a_schema_survives(pair):
    case, document = pair
    assert there_and_back(case, document) == meaning(case.node, document)


@given(ANY_DOCUMENT)
def test_a_proper_document_needs_no_mending(pair):
    case, document = pair
    payload = msgspec.json.encode(document)
    assert codec.mend(case.type, payload) == codec.Mended(
        codec.decode(case.type, payload), payload, ()
    )


def test_what_is_absent_is_not_written():
    assert codec.encode(v201.Reset(type="OnIdle")) == b'{"type":"OnIdle"}'
    assert codec.encode(v16.Heartbeat()) == b"{}"


def test_properties_keep_their_odd_names():
    period = v21.ChargingSchedulePeriod(start_period=0, limit_l2=6.0, setpoint_reactive_l3=1.5)
    assert json.loads(codec.encode(period)) == {
        "startPeriod": 0,
        "limit_L2": 6.0,
        "setpointReactive_L3": 1.5,
    }


@pytest.mark.parametrize(
    ("time", "written"),
    [
        (NOON, "2026-01-31T12:00:00Z"),
        (NOON.replace(microsecond=125_000), "2026-01-31T12:00:00.125Z"),
        (NOON.replace(microsecond=999_999), "2026-01-31T12:00:00.999Z"),
        (NOON.astimezone(timezone(timedelta(hours=5, minutes=30))), "2026-01-31T12:00:00.000Z"),
    ],
)
def test_times_are_written_in_utc_with_at_most_milliseconds(time: datetime, written: str):
    assert json.loads(codec.encode(v16.HeartbeatResponse(current_time=time))) == {
        "currentTime": written
    }


def test_times_deep_in_a_message_are_written_alike():
    time = NOON.replace(microsecond=123_456)
    value = v201.MeterValue(timestamp=time, sampled_value=[v201.SampledValue(value=1.0)])
    whole = v201.MeterValue(timestamp=NOON, sampled_value=[v201.SampledValue(value=1.0)])
    message = v201.MeterValues(evse_id=1, meter_value=[whole, value])
    written = json.loads(codec.encode(message))
    assert [each["timestamp"] for each in written["meterValue"]] == [
        "2026-01-31T12:00:00Z",
        "2026-01-31T12:00:00.123Z",
    ]
    assert message.meter_value[1].timestamp == time


def test_a_time_without_a_zone_is_a_mistake_of_ours():
    with pytest.raises(ValueError, match="has no zone"):
        codec.encode(v16.HeartbeatResponse(current_time=NOON.replace(tzinfo=None, microsecond=1)))


def test_an_offset_and_a_long_fraction_are_read():
    payload = b'{"currentTime":"2026-01-31T14:00:00.1234567+02:00"}'
    message = codec.decode(v16.HeartbeatResponse, payload)
    assert message.current_time == NOON.replace(microsecond=123_457)


def test_the_response_is_known_from_the_request():
    assert v201.Reset.response is v201.ResetResponse
    assert codec.version(v201.ResetResponse) == "v201"
    assert codec.version(v16.IdTagInfo) == "v16"


def test_custom_data_comes_through_as_it_is():
    payload = b'{"customData":{"vendorId":"us","deep":{"snake_case":[1,null]}}}'
    message = codec.decode(v21.Heartbeat, payload)
    assert message.custom_data == {"vendorId": "us", "deep": {"snake_case": [1, None]}}
    assert codec.encode(message) == payload


def test_a_limit_of_1_6_has_one_decimal():
    """21.4 is no multiple of 0.1 in binary, and is accepted none the less."""
    period = b'{"startPeriod":0,"limit":21.4}'
    assert codec.decode(v16.ChargingSchedulePeriod, period).limit == 21.4
