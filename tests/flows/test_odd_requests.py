"""Whatever is asked of the resources of these blocks, the answer is no crash but a problem."""

from base64 import urlsafe_b64encode
from typing import Any
from urllib.parse import quote

import pytest

from tests.flows.station import booted
from tests.system import System

LISTS = (
    "stations/{}/displays",
    "stations/{}/customer-information",
    "stations/{}/data-transfers",
    "stations/{}/der-controls",
    "stations/{}/der-alarms",
    "stations/{}/priority-charging",
    "stations/{}/battery-swaps",
    "stations/{}/streams",
    "stations/{}/streams/1/values",
    "stations/{}/settlements",
    "stations/{}/vat-checks",
    "vendors",
)
CURSORS = ("x", "1", "null", "-1", "[]", '"a"', '"\\u0000"', str(2**70), "1e400", '["x","y"]')
ODD_NAMES = ("\0", "a/b", "ü", "x" * 300, "..", "%00")
SINGLE = (
    "stations/{}/displays",
    "stations/{}/customer-information/1",
    "stations/{}/customer-information/00000000-0000-0000-0000-000000000000",
    "stations/{}/streams/1/values",
    "stations/{}/streams/99999999999999999999/values",
    "vendors/{}",
    "transactions/{}/settlements",
)
WRITES: tuple[tuple[str, str, Any], ...] = (
    ("PUT", "stations/{}/displays/1", {"priority": "x"}),
    ("PUT", "stations/{}/displays/99999999999", {}),
    ("DELETE", "stations/{}/displays/1", None),
    ("POST", "stations/{}/displays/refresh", {"ids": [-1]}),
    ("POST", "stations/{}/customer-information", {"token": "x", "certificate": {}}),
    ("POST", "stations/{}/data-transfers", {"vendor": "", "data": {"deep": [[[]]]}}),
    ("PUT", "vendors/{}", {"policy": "accept", "messages": ["x"]}),
    ("DELETE", "vendors/{}", None),
    ("PUT", "stations/{}/der-controls/x", {"type": "VoltVar", "setting": {"controlId": "y"}}),
    ("DELETE", "stations/{}/der-controls/x", None),
    ("POST", "stations/{}/der-controls/refresh", {"type": "x"}),
    ("POST", "stations/{}/battery-swaps", {"token": "x" * 255}),
    ("PUT", "stations/{}/streams/1", {}),
    ("POST", "stations/{}/streams/refresh", None),
    ("PUT", "streams/settings", {"streams_max": -1}),
    ("POST", "stations/{}/web-payments", {"evse": 0, "timeout": -1}),
    ("POST", "stations/{}/cost", {"transaction": "x", "total_cost": 1e308}),
)


def complaint(answer: Any) -> str | None:
    """What is wrong with an answer."""
    if answer.status_code >= 500:
        return f"{answer.request.url}: {answer.status_code} {answer.text}"
    if answer.status_code >= 400:
        body = answer.json()
        missing = [name for name in ("code", "detail", "hint") if not body.get(name)]
        return f"{answer.request.url}: a problem without {missing}" if missing else None
    return None


async def test_no_cursor_breaks_a_list(system: System, identity: str) -> None:
    found: list[str | None] = []
    for template in LISTS:
        for cursor in CURSORS:
            for after in (cursor, urlsafe_b64encode(cursor.encode()).decode()):
                query = {"after": after, "limit": "500"}
                answer = await system.http.get(template.format(identity), params=query)
                found.append(complaint(answer))
    assert [each for each in found if each] == []


@pytest.mark.parametrize("name", ODD_NAMES)
async def test_no_name_breaks_a_resource(system: System, name: str) -> None:
    found = [
        complaint(await system.http.get(template.format(quote(name, safe=""))))
        for template in SINGLE
    ]
    assert [each for each in found if each] == []


@pytest.mark.parametrize("version", ["1.6", "2.0.1", "2.1"])
async def test_no_body_breaks_a_command(system: System, identity: str, version: str) -> None:
    async with booted(system, identity, version):
        found = [
            complaint(await system.http.request(method, template.format(identity), json=body))
            for method, template, body in WRITES
        ]
    for method, template, body in WRITES:
        answer = await system.http.request(method, template.format("no-such"), json=body)
        found.append(complaint(answer))
    assert [each for each in found if each] == []
