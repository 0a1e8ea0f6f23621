"""The catalog holds exactly the actions of the specification, and who sends them."""

import csv
from pathlib import Path

from libs.ocpp import catalog, v16, v21, v201
from libs.ocpp.message import NAMES, SUBPROTOCOLS

SENDERS = {"CS": "station", "CSMS": "csms", "BOTH": "both"}


def test_actions_and_senders_are_those_of_the_specification():
    rows = csv.DictReader(Path(__file__).with_name("actions.csv").read_text().splitlines())
    listed = {(row["version"], row["action"], SENDERS[row["initiator"]]) for row in rows}
    ours = {
        (NAMES[version], action, request.sender)
        for version, actions in catalog.ACTIONS.items()
        for action, request in actions.items()
    }
    assert ours == listed
    assert [len(actions) for actions in catalog.ACTIONS.values()] == [39, 64, 91]


def test_an_action_is_found_in_its_own_version_only():
    assert catalog.find("v16", "StartTransaction") is v16.StartTransaction
    assert catalog.find("v201", "StartTransaction") is None
    assert catalog.find("v201", "TransactionEvent") is v201.TransactionEvent
    assert catalog.find("v21", "TransactionEvent") is v21.TransactionEvent
    assert catalog.find("v21", "transactionEvent") is None
    assert catalog.find("v16", "Request") is None


def test_a_request_knows_its_action_version_and_answer():
    for version, actions in catalog.ACTIONS.items():
        for action, request in actions.items():
            assert (request.action, request.version) == (action, version)
            assert request.response.__name__ == f"{action}Response"


def test_one_action_alone_is_never_answered():
    unanswered = {
        (version, action)
        for version, actions in catalog.ACTIONS.items()
        for action, request in actions.items()
        if request.unanswered
    }
    assert unanswered == {("v21", "NotifyPeriodicEventStream")}


def test_the_subprotocols_name_the_versions():
    assert set(SUBPROTOCOLS.values()) == set(NAMES) == set(catalog.ACTIONS)
