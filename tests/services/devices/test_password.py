"""Which answers mean that a station took another password (A01, 1.6 AuthorizationKey)."""

from typing import Any

import msgspec
import pytest

from libs.ocpp import v16, v21, v201
from services.devices.password import taken

SECRET = "battery-staple-43!"


def item(name: str, **more: Any) -> dict[str, Any]:
    component, _, variable = name.partition(".")
    return {"component": {"name": component}, "variable": {"name": variable}, **more}


def data(value: str, name: str = "SecurityCtrlr.BasicAuthPassword", **more: Any) -> dict[str, Any]:
    return item(name, attributeValue=value, **more)


def result(word: str, name: str = "SecurityCtrlr.BasicAuthPassword", **more: Any) -> dict[str, Any]:
    return item(name, attributeStatus=word, **more)


@pytest.mark.parametrize(
    ("key", "word", "wanted"),
    [
        ("AuthorizationKey", "Accepted", SECRET),
        ("authorizationkey", "Accepted", SECRET),
        ("AuthorizationKey", "RebootRequired", SECRET),
        ("AuthorizationKey", "Rejected", None),
        ("AuthorizationKey", "NotSupported", None),
        ("HeartbeatInterval", "Accepted", None),
    ],
)
def test_of_16(key: str, word: Any, wanted: str | None) -> None:
    call = v16.ChangeConfiguration(key=key, value=SECRET)
    assert taken(call, v16.ChangeConfigurationResponse(status=word)) == wanted


CASES: list[tuple[list[dict[str, Any]], list[dict[str, Any]], str | None]] = [
    ([data(SECRET)], [result("Accepted")], SECRET),
    ([data(SECRET)], [result("RebootRequired")], SECRET),
    ([data(SECRET)], [result("Rejected")], None),
    ([data(SECRET, attributeType="Actual")], [result("Accepted")], SECRET),
    ([data(SECRET, attributeType="MaxSet")], [result("Accepted", attributeType="MaxSet")], None),
    (
        [data("x", "AuthCtrlr.Enabled"), data(SECRET)],
        [result("Accepted"), result("Rejected", "AuthCtrlr.Enabled")],
        SECRET,
    ),
    (
        [data("x", "AuthCtrlr.Enabled"), data(SECRET)],
        [result("Rejected"), result("Accepted", "AuthCtrlr.Enabled")],
        None,
    ),
    ([data("x", "OtherCtrlr.BasicAuthPassword")], [result("Accepted")], None),
]


@pytest.mark.parametrize("version", [v201, v21])
@pytest.mark.parametrize(("asked", "told", "wanted"), CASES)
def test_of_2x(
    version: Any, asked: list[dict[str, Any]], told: list[dict[str, Any]], wanted: str | None
) -> None:
    """Results are matched by what they name, in any order."""
    call = msgspec.convert({"setVariableData": asked}, version.SetVariables)
    answer = msgspec.convert({"setVariableResult": told}, version.SetVariablesResponse)
    assert taken(call, answer) == wanted


def test_another_action_changes_none() -> None:
    assert taken(v16.ClearCache(), v16.ClearCacheResponse(status="Accepted")) is None
