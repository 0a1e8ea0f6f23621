"""Every type is what the official schema says, in both directions."""

import json
import re

import jsonschema
import pytest

from libs.ocpp import catalog, v16, v21, v201
from libs.ocpp.message import Message, Request
from tests.libs.ocpp.documents import fullest, smallest
from tests.libs.ocpp.schemas import CASES, DEVIATIONS, Case, files, of_type, raw

PACKAGES = {"v16": v16, "v201": v201, "v21": v21}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_message_equals_its_schema(case: Case):
    assert of_type(case.type) == case.node


@pytest.mark.parametrize("version", PACKAGES)
def test_there_is_a_schema_for_every_message(version):
    messages = {
        name
        for action, request in catalog.ACTIONS[version].items()
        for name in (action, request.response.__name__)
    }
    # The one SEND of 2.1 has no response on the wire.
    assert messages - set(files(version)) == (
        {"NotifyPeriodicEventStreamResponse"} if version == "v21" else set()
    )
    assert set(files(version)) <= messages


@pytest.mark.parametrize("version", ["v201", "v21"])
def test_data_types_have_the_names_of_the_schemas(version):
    """A type loses its suffix, unless a message or another type already has the shorter name."""
    definitions = {name for each in files(version) for name in raw(version, each)["definitions"]}
    missing = [
        name
        for name in definitions - {"CustomDataType"}
        if not hasattr(PACKAGES[version], name.removesuffix("Type"))
        and not hasattr(PACKAGES[version], re.sub("(Enum)?Type$", "", name))
        and not hasattr(PACKAGES[version], name)
    ]
    assert missing == []


@pytest.mark.parametrize("version", PACKAGES)
def test_each_name_is_declared_by_one_module(version):
    declared = [
        member
        for member in vars(PACKAGES[version]).values()
        if isinstance(member, type) and member.__module__.startswith(f"libs.ocpp.{version}.")
    ]
    names = [member.__name__ for member in declared]
    assert sorted(set(names)) == sorted(names)
    assert all(issubclass(member, Message) for member in declared)


@pytest.mark.parametrize("version", PACKAGES)
def test_no_field_hides_what_a_request_says_of_itself(version):
    """A field named action (Get15118EVCertificate) has another name in Python."""
    own = set(Request.__annotations__)
    hidden = {
        f"{action}.{field}"
        for action, request in catalog.ACTIONS[version].items()
        for field in own & set(request.__struct_fields__)
    }
    assert hidden == set()


def test_every_deviation_from_the_package_is_still_one():
    for deviation in DEVIATIONS:
        packaged = json.loads(files(deviation.version)[deviation.message].read_text("utf-8-sig"))
        assert packaged != raw(deviation.version, deviation.message), deviation.reason


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_documents_of_these_tests_conform(case: Case):
    schema = raw(case.version, case.name)
    validator = jsonschema.validators.validator_for(schema)(schema)
    for document in (smallest(case.node), fullest(case.node)):
        assert list(validator.iter_errors(document)) == []
