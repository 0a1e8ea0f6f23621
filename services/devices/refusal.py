"""Why a station is refused what no service of ours does yet, in the words of its version."""

from libs.ocpp import v21, v201

REASON = "NotEnabled"
"""A standard reasonCode (appendix 5 of part 2): the feature is not enabled."""


def info_201(what: str) -> v201.StatusInfo:
    return v201.StatusInfo(reason_code=REASON, additional_info=what)


def info_21(what: str) -> v21.StatusInfo:
    return v21.StatusInfo(reason_code=REASON, additional_info=what)
