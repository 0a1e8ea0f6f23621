"""What is secret is taken out of payloads; all else stays as it was, to the byte."""

import json

import pytest

from libs.ocpp.secret import hide


@pytest.mark.parametrize(
    ("action", "payload", "shown"),
    [
        (
            "ChangeConfiguration",
            {"key": "authorizationKEY", "value": "made-up"},
            {"key": "authorizationKEY", "value": "***"},
        ),
        (
            "GetConfiguration",
            {"configurationKey": [{"key": "AuthorizationKey", "value": "made-up"}]},
            {"configurationKey": [{"key": "AuthorizationKey", "value": "***"}]},
        ),
        (
            "SetVariables",
            {"setVariableData": [
                {"variable": {"name": "BasicAuthPassword"}, "attributeValue": "made-up"},
                {"variable": {"name": "Interval"}, "attributeValue": "30"},
            ]},
            {"setVariableData": [
                {"variable": {"name": "BasicAuthPassword"}, "attributeValue": "***"},
                {"variable": {"name": "Interval"}, "attributeValue": "30"},
            ]},
        ),
        (
            "NotifyReport",
            {"reportData": [{
                "variable": {"name": "BasicAuthPassword"},
                "variableAttribute": [{"value": "made-up"}],
            }]},
            {"reportData": [{
                "variable": {"name": "BasicAuthPassword"},
                "variableAttribute": [{"value": "***"}],
            }]},
        ),
        (
            "SetNetworkProfile",
            {"connectionData": {"apn": {"apnPassword": "made-up"}, "vpn": {"password": "made-up"}}},
            {"connectionData": {"apn": {"apnPassword": "***"}, "vpn": {"password": "***"}}},
        ),
        (
            "SetNetworkProfile",
            {"connectionData": {
                "apn": {"simPin": 4711},
                "vpn": {"server": "vpn.example", "user": "cp", "key": "made-up"},
            }},
            {"connectionData": {
                "apn": {"simPin": "***"},
                "vpn": {"server": "vpn.example", "user": "cp", "key": "***"},
            }},
        ),
        (
            "SetVariables",
            {"setVariableData": [{"variable": {"name": "WifiPassword"}, "attributeValue": "x"}]},
            {"setVariableData": [{"variable": {"name": "WifiPassword"}, "attributeValue": "***"}]},
        ),
    ],
)  # fmt: skip
def test_secrets_are_hidden(action, payload, shown):
    assert json.loads(hide(action, json.dumps(payload).encode())) == shown


@pytest.mark.parametrize("action", ["SetVariables", "Heartbeat"])
def test_what_holds_no_secret_stays_byte_for_byte(action):
    payload = b'{ "n": 1.10 }'
    assert hide(action, payload) is payload


def test_what_cannot_be_read_is_hidden_whole():
    assert hide("DataTransfer", b'{"password": ') == b'"***"'


def test_what_a_station_tells_of_a_customer_is_hidden_as_a_whole() -> None:
    """It must be erasable, and a log is not erased."""
    told = {"data": "Ada, 12 St James's Square", "seqNo": 0, "requestId": 7, "tbc": True}
    shown = json.loads(hide("NotifyCustomerInformation", json.dumps(told).encode()))
    assert shown == {**told, "data": "***"}


@pytest.mark.parametrize("payload", [b"{}", b"[1]", b'{"seqNo":0}'])
def test_a_payload_without_anything_of_a_customer_stays_as_it_was(payload: bytes) -> None:
    assert hide("NotifyCustomerInformation", payload) == payload
    assert hide("NotifyCustomerInformation", b"{") == b'"***"'


@pytest.mark.parametrize(
    ("action", "field"),
    [
        ("GetLog", "remoteLocation"),
        ("GetDiagnostics", "location"),
        ("UpdateFirmware", "location"),
        ("SignedUpdateFirmware", "location"),
        ("PublishFirmware", "location"),
    ],
)
def test_the_password_of_a_place_for_files_is_hidden(action: str, field: str) -> None:
    """FTP has it in the address: user and place stay, so that the log still tells where."""
    payload = {"x": {field: "ftp://cp:pass%40word@files.example:21/a@b/"}}
    shown = json.loads(hide(action, json.dumps(payload).encode()))
    assert shown == {"x": {field: "ftp://cp:***@files.example:21/a@b/"}}
    plain = json.dumps({field: "https://files.example/me@work"}).encode()
    assert hide(action, plain) == plain
