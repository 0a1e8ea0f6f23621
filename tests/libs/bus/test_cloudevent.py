from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import ValidationError, json

from libs.bus import cloudevent
from libs.contracts.stations import StationBooted
from tests.libs.bus.messages import NOON, Painted, painted

MOMENTS = st.datetimes(timezones=st.just(UTC), min_value=datetime(2000, 1, 1))  # noqa: DTZ001


@given(st.text(), st.text(), st.text(), MOMENTS)
def test_an_event_comes_back_out_of_its_envelope(tenant, station, colour, at):
    event = Painted(tenant=tenant, at=at, station=station, colour=colour)
    meta, decoded = cloudevent.decode(Painted, cloudevent.encode(event, "walls"))
    assert decoded == event
    assert (meta.id, meta.subject, meta.tenant) == (cloudevent.event_id(event), station, tenant)
    assert meta.time == at


def test_the_envelope_is_a_structured_cloud_event():
    assert json.decode(cloudevent.encode(painted("t"), "walls")) == {
        "specversion": "1.0",
        "id": "wall.painted:t:CP1/red",
        "source": "/voltbus/walls",
        "type": "wall.painted",
        "subject": "CP1",
        "time": "2026-11-22T12:00:00Z",
        "tenant": "t",
        "datacontenttype": "application/json",
        "data": {"tenant": "t", "at": "2026-11-22T12:00:00Z", "station": "CP1", "colour": "red"},
    }


@given(st.text(), st.text(min_size=1), st.text(min_size=1))
def test_the_id_is_the_content_and_fits_into_a_header(tenant, one, other):
    identity = cloudevent.event_id(painted(tenant, one))
    assert identity == cloudevent.event_id(painted(tenant, one))
    assert (identity == cloudevent.event_id(painted(tenant, other))) is (one == other)
    assert identity.isascii()
    assert identity.isprintable()


def test_a_long_key_makes_a_short_id():
    assert len(cloudevent.event_id(painted("t", "x" * 10_000))) < 100


def test_an_announcement_carries_id_and_subject():
    event = painted("t")
    announcement = cloudevent.announcement(event, "walls")
    assert announcement == cloudevent.Announcement(
        cloudevent.event_id(event), event.address(), cloudevent.encode(event, "walls")
    )


def test_an_event_of_tomorrow_with_more_fields_is_understood_today():
    whole = json.decode(cloudevent.encode(painted("t"), "walls"))
    whole["data"]["gloss"] = 3
    whole["traceparent"] = "00-1-2-03"
    assert cloudevent.decode(Painted, json.encode(whole))[1] == painted("t")


def test_what_is_no_such_event_is_refused():
    with pytest.raises(ValidationError):
        cloudevent.decode(StationBooted, cloudevent.encode(painted("t"), "walls"))


def test_the_time_is_when_it_happened():
    assert cloudevent.decode(Painted, cloudevent.encode(painted("t"), "w"))[0].time == NOON
