import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.bus import Event, Notice, subject
from libs.bus.message import Ask
from libs.contracts import authorization, devices, stations, transactions
from tests.libs.bus.messages import Add, painted

NAMES = st.text(max_size=48)


@given(NAMES, NAMES)
def test_tenant_and_station_come_back_out_of_a_subject(tenant, station):
    assert subject.station_of(subject.up(tenant, station, "v16", "Authorize")) == (tenant, station)
    assert subject.station_of(subject.down(tenant, station, "v21", "Reset")) == (tenant, station)
    assert subject.station_of(subject.log(tenant, station)) == (tenant, station)


def test_subjects_are_spelled_as_the_design_says():
    assert subject.up("t", "CP 1", "v16", "Authorize") == "ocpp.t.CP=201.up.v16.Authorize"
    assert subject.up_pattern("v201", "Reset") == "ocpp.*.*.up.v201.Reset"
    assert subject.down("t", "s", "v21", "Reset") == "ocpp.t.s.down.v21.Reset"
    assert subject.down_pattern("t", "*") == "ocpp.t.=2A.down.>"
    assert subject.log("t", "s") == "ocpp.t.s.log"
    assert subject.events("t", "wall.painted") == "event.t.wall.painted.*"
    assert subject.events(None) == "event.*.*.*.*"
    assert subject.watched("t", "s") == ["ocpp.t.s.log", "event.t.*.*.s", "presence.t.s.*"]


@given(NAMES, NAMES)
def test_a_message_spells_its_fields_as_one_token_each(tenant, station):
    tokens = painted(tenant, station=station).address().split(".")
    assert len(tokens) == 5
    assert tokens[0] == "event"
    assert (subject.unescape(tokens[1]), subject.unescape(tokens[4])) == (tenant, station)


def test_a_pattern_has_a_star_for_each_field_that_is_not_given():
    assert Add.pattern() == "api.*.sums.add"
    assert Add.pattern(tenant="a.b") == "api.a=2Eb.sums.add"


def declared():
    modules = [authorization, devices, stations, transactions]
    found = {kind for module in modules for kind in vars(module).values() if isinstance(kind, type)}
    bases = {Event, Ask, Notice}
    return sorted(
        (kind for kind in found - bases if issubclass(kind, (Event, Ask, Notice))),
        key=lambda kind: kind.__name__,
    )


@pytest.mark.parametrize("kind", declared(), ids=lambda kind: kind.__name__)
def test_every_contract_declares_a_subject_of_its_family(kind):
    family = {Event: ("event", 5), Ask: ("api", 4), Notice: ("presence", 4)}
    base = next(base for base in family if issubclass(kind, base))
    tokens = kind.pattern().split(".")
    assert (tokens[0], len(tokens)) == family[base]
    assert tokens[1] == "*"
