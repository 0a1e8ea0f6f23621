"""Error codes as each version spells them."""

import pytest

from libs.ocpp.fault import CODES, Violation, spell

V16_ONLY = {"FormationViolation", "OccurenceConstraintViolation"}


@pytest.mark.parametrize("version", ["v201", "v21"])
def test_2_x_spells_codes_as_we_do(version):
    assert {spell(code, version) for code in CODES} == CODES


def test_1_6_spells_in_its_own_way_and_has_fewer():
    assert {spell(code, "v16") for code in CODES} == V16_ONLY | CODES - {
        "FormatViolation",
        "OccurrenceConstraintViolation",
        "RpcFrameworkError",
        "MessageTypeNotSupported",
    }
    assert spell("FormatViolation", "v16") == "FormationViolation"
    assert spell("OccurrenceConstraintViolation", "v16") == "OccurenceConstraintViolation"


def test_a_violation_says_where_what_and_how_to_mend_it():
    violation = Violation(
        "PropertyConstraintViolation", "$.idTag", "has 21 characters", "at most 20"
    )
    assert violation.description == "$.idTag has 21 characters: at most 20"


def test_a_description_fits_into_a_callerror():
    violation = Violation("FormatViolation", "$", "is wrong", "x" * 300)
    assert len(violation.description) == 255
