"""The rules of charging profiles by name: where OCPP sets them, and what mends it."""

from typing import NamedTuple

from libs.contracts.charging_profiles import BrokenRule


class Rule(NamedTuple):
    requirement: str
    hint: str
    legacy: str = ""
    """Where 1.6 says so, if it does elsewhere."""


class Flaw(NamedTuple):
    """A rule that a profile breaks, where, and by what."""

    rule: str
    field: str
    detail: str


RULES: dict[str, Rule] = {
    "purpose_of_others": Rule("K01.FR.22", "Use ChargingStationMaxProfile to limit the station."),
    "maximum_on_evse": Rule("K04", "Set it on EVSE 0; TxDefaultProfile limits one EVSE.", "3.13.1"),
    "maximum_relative": Rule("K01.FR.38", "Use Absolute or Recurring with a startSchedule."),
    "tx_profile_on_station": Rule(
        "K01.FR.16", "Set it on the EVSE of the transaction; TxDefaultProfile is for all.", "5.16.2"
    ),
    "tx_profile_unnamed": Rule("K01.FR.03", "Add the transactionId of the running transaction."),
    "no_transaction": Rule(
        "K01.FR.09", "Wait for the transaction, or send the profile with a remote start.", "5.16.2"
    ),
    "another_transaction": Rule(
        "K01.FR.33", "Name the transaction that runs at that EVSE.", "5.16.2"
    ),
    "transaction_of_another": Rule(
        "ChargingProfile.transactionId", "Leave it out, or make it a TxProfile.", "3.13.1"
    ),
    "start_without_tx_profile": Rule("K05", "A remote start takes a TxProfile only.", "5.16.2"),
    "start_names_transaction": Rule(
        "K05", "Leave transactionId out: the transaction has no name yet.", "5.16.2"
    ),
    "unknown_evse": Rule("K01.FR.28", "See the station's EVSEs under /stations/{station}."),
    "id_of_others": Rule("K01.FR.05", "Use another id."),
    "id_reserved": Rule("SmartChargingCtrlr.MaxExternalConstraintsId", "Use a larger id."),
    "stack_level_negative": Rule("ChargingProfile.stackLevel", "Use 0 or more; the highest wins."),
    "stack_level_too_high": Rule(
        "SmartChargingCtrlr.ProfileStackLevel",
        "Use a lower stack level.",
        "ChargeProfileMaxStackLevel",
    ),
    "recurrency_missing": Rule("ChargingProfile.recurrencyKind", "Add Daily or Weekly.", "3.13.3"),
    "start_missing": Rule("K01.FR.40", "Add startSchedule, or make the profile Relative."),
    "start_surplus": Rule("K01.FR.41", "Leave startSchedule out: it begins with the charging."),
    "never_valid": Rule("ChargingProfile.validTo", "Let validFrom lie before validTo."),
    "schedules_too_many": Rule(
        "K01.FR.34", "Give one schedule; a choice is for cars that told their needs (ISO 15118)."
    ),
    "unit_unsupported": Rule(
        "K01.FR.26", "Convert the limits.", "ChargingScheduleAllowedChargingRateUnit"
    ),
    "periods_missing": Rule("ChargingSchedule.chargingSchedulePeriod", "Add at least one period."),
    "periods_begin_late": Rule("K01.FR.31", "Let the first startPeriod be 0.", "7.14"),
    "periods_unordered": Rule("K01.FR.35", "Order the periods by startPeriod, each later.", "7.13"),
    "periods_too_many": Rule(
        "SmartChargingCtrlr.PeriodsPerSchedule",
        "Merge periods, or split them over profiles.",
        "ChargingScheduleMaxPeriods",
    ),
    "limit_negative": Rule("ChargingSchedulePeriod.limit", "A limit is 0 or more."),
    "phases_out_of_range": Rule("ChargingSchedulePeriod.numberPhases", "Use 1, 2 or 3."),
    "phase_of_several": Rule("K01.FR.19", "Use phaseToUse with numberPhases 1 only."),
    "phase_switching_unsupported": Rule("K01.FR.20", "Leave phaseToUse out."),
    "profiles_too_many": Rule(
        "SmartChargingCtrlr.Entries[ChargingProfiles]", "Clear profiles that are not needed."
    ),
    "duplicate": Rule(
        "K01.FR.06", "Use another stack level, the id of the other one, or another validity."
    ),
    "duplicate_of_transaction": Rule(
        "K01.FR.39", "Use another stack level, or the id of the other one to replace it."
    ),
    "duplicate_across_evses": Rule(
        "K01.FR.52, K01.FR.53", "Use another stack level: one of them is for EVSE 0."
    ),
    # What OCPP 2.1 adds.
    "generation_on_evse": Rule("K27", "Set it on EVSE 0."),
    "priority_with_duration": Rule("K01.FR.70", "Leave duration out: it ends with the session."),
    "priority_mode": Rule("K01.FR.71", "Use operationMode ChargingOnly."),
    "delay_of_purpose": Rule("K01.FR.95", "Use it with TxProfile and TxDefaultProfile only."),
    "not_dynamic": Rule("K01.FR.122", "Leave it out, or make the profile Dynamic."),
    "dynamic_periods": Rule("K28", "A Dynamic profile has one schedule of one period, from 0."),
    "frequency_unit": Rule("Q08.FR.05", "Use W with operationMode LocalFrequency."),
    "setpoint_missing": Rule("ChargingSchedulePeriod.setpoint", "Add the setpoint."),
    "setpoint_outside": Rule(
        "ChargingSchedulePeriod.setpoint", "Let it lie between dischargeLimit and limit."
    ),
    "limit_missing": Rule("ChargingSchedulePeriod.limit", "Add the limit."),
    "not_of_mode": Rule(
        "ChargingSchedulePeriod.operationMode", "Leave it out, or use another operationMode."
    ),
    "phases_not_first": Rule(
        "ChargingSchedulePeriod.limit_L2", "Give the value of the first phase too."
    ),
}


def flaw(rule: str, field: str, detail: str) -> Flaw:
    return Flaw(rule, field, detail)


def named(flaw: Flaw, *, legacy: bool) -> BrokenRule:
    """With where OCPP says so, and the hint."""
    rule = RULES[flaw.rule]
    return BrokenRule(
        rule=flaw.rule,
        requirement=(rule.legacy if legacy else "") or rule.requirement,
        detail=flaw.detail,
        hint=rule.hint,
        field=flaw.field,
    )
