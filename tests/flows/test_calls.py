"""Every action that a CSMS may send goes out as the operator wrote it, and what the schema refuses
does not (issue 3: free choice of each field).
"""

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from libs.ocpp import catalog
from tests.flows.station import Station, booted
from tests.libs.ocpp.documents import fullest, smallest, strategy
from tests.libs.ocpp.mistakes import Mistake, mistakes
from tests.libs.ocpp.schemas import Case
from tests.services.voltbus.started import voltbus
from tests.soak import SOAK
from tests.system import System

VERSIONS = {"v16": "1.6", "v201": "2.0.1", "v21": "2.1"}
ACTIONS = [
    Case(version, action)
    for version, actions in catalog.ACTIONS.items()
    for action, message in actions.items()
    if message.sender != "station"
]
SAMPLE = [
    Case("v16", "ChangeConfiguration"), Case("v16", "SendLocalList"),
    Case("v201", "SetVariables"), Case("v201", "RequestStartTransaction"),
    Case("v21", "SetDERControl"), Case("v21", "GetMonitoringReport"),
]  # fmt: skip
BY_COMMAND = ACTIONS if SOAK else SAMPLE
"""Each is a process of its own, so all of them only in a soak."""
EXAMPLES = 40


def answering(case: Case) -> Case:
    return Case(case.version, f"{case.name}Response")


def pointer(path: str) -> str:
    """``$.a[0].b`` as a JSON pointer."""
    return path.removeprefix("$").replace("]", "").replace("[", "/").replace(".", "/")


def station_of(system: System, identity: str, case: Case) -> Any:
    return booted(system, identity, VERSIONS[case.version])


async def exchange(
    system: System, station: Station, identity: str, case: Case, pair: tuple[Any, Any]
) -> None:
    """The station hears the very payload, the operator the very answer."""
    payload, answer = pair
    station.calls.clear()
    station.answers[case.name] = answer
    told = await system.post(f"stations/{identity}/calls/{case.name}", payload)
    assert station.calls == [(case.name, payload)]
    assert (told["status"], told["payload"]) == ("answered", answer)
    shown = await system.get(f"stations/{identity}/requests/{told['request']}")
    assert (shown["action"], shown["result"]["status"]) == (case.name, "answered")


def test_the_actions_are_those_of_the_specifications() -> None:
    counted = [sum(case.version == version for case in ACTIONS) for version in VERSIONS]
    assert counted == [26, 40, 55]


@pytest.mark.parametrize("case", ACTIONS, ids=str)
async def test_every_action_goes_out_as_it_was_written(
    system: System, identity: str, case: Case
) -> None:
    """With all that its schema knows, and with nothing that may be left out."""
    await system.put(f"stations/{identity}", {"automatic": False})
    async with station_of(system, identity, case) as station:
        for make in (smallest, fullest):
            pair = make(case.node), make(answering(case).node)
            await exchange(system, station, identity, case, pair)


@settings(max_examples=EXAMPLES)
@given(data=st.data())
async def test_whatever_a_schema_allows_goes_out(
    system: System, identity: str, data: st.DataObject
) -> None:
    case = data.draw(st.sampled_from(ACTIONS))
    payload, answer = data.draw(strategy(case)), data.draw(strategy(answering(case)))
    name = f"{identity}-{case.version}"
    await system.put(f"stations/{name}", {"automatic": False})
    async with station_of(system, name, case) as station:
        await exchange(system, station, name, case, (payload, answer))


def chosen(case: Case) -> list[Mistake]:
    """Of each kind of mistake the first, and the deepest."""
    found: dict[str, list[Mistake]] = {}
    for mistake in mistakes(case, fullest(case.node)):
        found.setdefault(mistake.code, []).append(mistake)
    return [
        each
        for kind in found.values()
        for each in {id(m): m for m in (kind[0], max(kind, key=depth))}.values()
    ]


def depth(mistake: Mistake) -> int:
    return mistake.path.count(".")


@pytest.mark.parametrize("case", ACTIONS, ids=str)
async def test_what_the_schema_refuses_names_the_field_and_stays_here(
    system: System, identity: str, case: Case
) -> None:
    wrong = chosen(case)
    async with station_of(system, identity, case) as station:
        station.calls.clear()
        for mistake in wrong:
            answer = await system.http.post(
                f"stations/{identity}/calls/{case.name}", json=mistake.document
            )
            problem = answer.json()
            assert (answer.status_code, problem["code"]) == (422, "invalid_payload"), str(mistake)
            assert [error["pointer"] for error in problem["errors"]] == [pointer(mistake.path)]
            assert problem["hint"]
        await station.told()
    assert case.name not in {action for action, _ in station.calls}
    assert len(wrong) >= 1


@pytest.mark.parametrize("case", BY_COMMAND, ids=str)
async def test_the_command_sends_the_same(system: System, identity: str, case: Case) -> None:
    payload, answer = fullest(case.node), fullest(answering(case).node)
    await system.put(f"stations/{identity}", {"automatic": False})
    async with station_of(system, identity, case) as station:
        station.answers[case.name] = answer
        said = await asyncio.to_thread(
            voltbus,
            "call", identity, case.name, json.dumps(payload),
            VOLTBUS_API_URL=system.api_url,
        )  # fmt: skip
    assert (said.returncode, said.stderr) == (0, "")
    assert station.calls == [(case.name, payload)]
    assert json.loads(said.stdout) == answer


async def test_the_command_says_which_field_is_wrong(system: System, identity: str) -> None:
    async with booted(system, identity, "2.0.1"):
        said = await asyncio.to_thread(
            voltbus,
            "call", identity, "Reset", '{"type": "Harder"}',
            VOLTBUS_API_URL=system.api_url,
        )  # fmt: skip
    assert said.returncode == 2
    assert "type" in said.stderr
