"""The pure parts of the device model: names, merging, batches, what is missing of a report."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.bus import Invalid
from libs.contracts.device_model import Item
from libs.ocpp import v16
from services.devices import keys, wording
from services.devices.batch import FRAME_BYTES, Limits, Sizes, halves, match, split
from services.devices.pursuit import judge
from services.devices.store_inquiries import Inquiry, Part
from services.devices.variable import Known, Place, Told, merge, news
from services.devices.wording import Wanted

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PATIENCE = timedelta(seconds=30)
PLACE = Place("OCPPCommCtrlr", "OfflineThreshold")


def wanted(count: int, distinct: int = 1000) -> list[Wanted]:
    return [
        Wanted(n, Place("C", f"V{n % distinct}"), "Actual", {"variable": {"name": f"V{n}"}})
        for n in range(count)
    ]


# -- merging -------------------------------------------------------------------------------------


def test_what_waits_for_a_reboot_is_pending_until_it_is_told_in_effect() -> None:
    old = Known(value="60", mutability="ReadWrite", reported_at=NOW)
    waiting = merge(old, Told(PLACE, pending="123"), NOW, "write")
    assert (waiting.value, waiting.pending, waiting.pending_at) == ("60", "123", NOW)
    still = merge(waiting, Told(PLACE, value="60"), NOW, "report")
    assert (still.value, still.pending) == ("60", "123")
    for source in ("report", "boot"):
        done = merge(waiting, Told(PLACE, value="123"), NOW, source)
        assert (done.value, done.pending, done.pending_at) == ("123", None, None)
    assert merge(waiting, Told(PLACE, value="9"), NOW, "write").pending is None


def test_what_is_not_told_again_stays_known() -> None:
    traits = {"mutability": "ReadOnly", "persistent": True, "constant": False}
    told = merge(None, Told(PLACE, value="1", **traits), NOW, "report")
    read = merge(told, Told(PLACE, value="2"), NOW, "read")
    assert (read.value, read.mutability, read.persistent) == ("2", "ReadOnly", True)
    assert (news(told, read), news(None, read), news(told, told)) == (True, False, False)


@pytest.mark.parametrize(
    "told",
    [
        Told(Place("SecurityCtrlr", "BasicAuthPassword"), value="x", mutability="ReadWrite"),
        Told(Place("Wifi", "wlanPASSWORD"), value="x"),
        Told(Place("Vendor", "PrivateKey"), pending="x"),
        Told(Place("Vendor", "Pin"), value="x", mutability="WriteOnly"),
    ],
)
def test_secrets_are_never_known(told: Told) -> None:
    known = merge(None, told, NOW, "write")
    assert (known.value, known.pending, known.pending_at) == (None, None, None)
    assert not news(Known(value="y"), known)


# -- names ---------------------------------------------------------------------------------------

names = st.text(alphabet="abAB", min_size=1, max_size=3)
numbers = st.none() | st.integers(0, 20)
places = st.builds(Place, names, names, st.none() | names, numbers, numbers, st.none() | names)


def same(one: Place, other: Place) -> bool:
    return all(
        (a.casefold() if isinstance(a, str) else a) == (b.casefold() if isinstance(b, str) else b)
        for a, b in zip(one, other, strict=True)
    )


@given(places, places)
def test_places_fold_to_the_same_text_if_ocpp_holds_them_equal(one: Place, other: Place) -> None:
    assert (one.folded == other.folded) is same(one, other)


def test_every_key_has_a_place_of_its_own_and_leads_back() -> None:
    found = {key: keys.of(key) for key in keys.VARIABLES}
    assert len({place.folded for place in found.values()}) == len(found)
    assert {keys.key_of(place) for place in found.values()} == set(found)
    assert keys.of("metervaluesampleINTERVAL") == keys.of("MeterValueSampleInterval")
    assert keys.key_of(keys.of("VendorKey")) == "VendorKey"
    assert keys.key_of(Place("TxCtrlr", "TxStartPoint")) is None
    (told,) = keys.reported([v16.KeyValue(key="x", readonly=True, value=None)])
    assert (told.place.component, told.value, told.mutability) == (
        "Configuration",
        None,
        "ReadOnly",
    )


@pytest.mark.parametrize(
    ("version", "item", "field"),
    [
        ("v16", Item(component="TxCtrlr", variable="TxStartPoint"), "/variables/0/variable"),
        ("v16", Item(component="TxCtrlr"), "/variables/0/key"),
        ("v16", Item(key="A", attribute="Target"), "/variables/0/attribute"),
        ("v201", Item(key="A"), "/variables/0/key"),
        ("v201", Item(variable="A"), "/variables/0/component"),
        ("v201", Item(component="A"), "/variables/0/variable"),
        ("v201", Item(component="A", variable="B", connector=1), "/variables/0/evse"),
    ],
)
def test_what_cannot_be_said_names_the_field(version: str, item: Item, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        wording.wanted(version, [item], write=False)
    assert refused.value.details == {"field": field}


# -- batches -------------------------------------------------------------------------------------


@given(st.integers(0, 60), st.integers(1, 20), st.integers(1, 9), st.integers(150, 600))
def test_batches_keep_order_and_limits(count: int, most: int, distinct: int, octets: int) -> None:
    items = wanted(count, distinct)
    batches = split(items, Limits(most, octets))
    assert [item for each in batches for item in each] == items
    for each in batches:
        assert 1 <= len(each) <= most
        assert len({item.slot for item in each}) == len(each)
        sizes = sum(len('{"variable":{"name":"V10"}}') for _ in each)
        assert len(each) == 1 or sizes <= octets - FRAME_BYTES + len(each) * 2


@given(st.integers(2, 50))
def test_halves_are_the_whole(count: int) -> None:
    one, other = halves(wanted(count))
    assert one + other == wanted(count)
    assert 0 <= len(one) - len(other) <= 1


@given(st.integers(1, 40), st.integers(1, 40))
def test_a_station_teaches_how_much_it_takes(count: int, most: int) -> None:
    sizes, queue = Sizes(), [wanted(count)]
    while queue:
        batch = queue.pop(0)
        if len(batch) > most:
            sizes.refused(len(batch))
            queue = [*halves(batch), *queue]
        else:
            sizes.took(len(batch))
    if count <= most:
        assert sizes.learned is None
    else:
        assert sizes.learned is not None
        assert most / 2 <= sizes.learned <= most


@given(st.permutations(range(5)), st.sets(st.integers(0, 4)), st.booleans())
def test_answers_find_their_items(order: list[int], lost: set[int], twice: bool) -> None:
    items = wanted(5)
    answers = [(items[n].slot, n) for n in order if n not in lost]
    found = match(items, [*answers, *(answers[:1] if twice else [])])
    assert found.answers == {n: n for n in range(5) if n not in lost}
    left = [n for n in order if n not in lost]
    assert ("missing" in found.flags) is bool(lost)
    assert ("reordered" in found.flags) is (left != sorted(left))
    assert ("duplicate" in found.flags) is (twice and bool(left))


# -- what is missing of a report -----------------------------------------------------------------


def inquiry(repeats: int = 0, most: int = 2) -> Inquiry:
    return Inquiry(
        request=uuid4(), tenant="t", station="s", version="v201", action="GetBaseReport",
        base="FullInventory", number=7, asked_at=NOW, repeated_at=NOW, repeats=repeats,
        repeats_max=most, due_at=NOW,
    )  # fmt: skip


def parts(*found: int, last: int | None = None, number: int = 7) -> list[Part]:
    return [Part(number, part, part != last, NOW) for part in found]


@pytest.mark.parametrize(
    ("found", "after", "what"),
    [
        ([], 29, "wait"),
        ([], 30, "again"),
        (parts(0, 1), 29, "wait"),
        (parts(0, 1), 31, "again"),
        (parts(0, 2, last=2), 0.5, "wait"),
        (parts(0, 2, last=2), 1.5, "again"),
        (parts(2, 0, 1, last=2), 0, "complete"),
        (parts(0, last=0), 0, "complete"),
        (parts(0, 2, last=2) + parts(0, 1, last=1, number=8), 0, "complete"),
        (parts(0, last=1) + parts(1, last=1, number=8), 31, "again"),
    ],
)
def test_a_report_is_judged_by_its_parts(found: list[Part], after: float, what: str) -> None:
    now = NOW + timedelta(seconds=after)
    assert judge(inquiry(), found, now, PATIENCE).what == what
    if what == "again":
        assert judge(inquiry(repeats=2), found, now, PATIENCE).what == "incomplete"


@given(st.permutations(range(6)))
def test_the_order_of_parts_does_not_matter(order: list[int]) -> None:
    found = parts(*order, last=5)
    for count in range(6):
        assert judge(inquiry(), found[:count], NOW, PATIENCE).what == "wait"
    assert judge(inquiry(), found, NOW, PATIENCE).what == "complete"
