"""Who may charge where: one ordered pipeline, in which each step says what it found.

The first step that decides is the last one asked. Purposes differ only in which steps they ask: see
``PIPELINES``.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Literal, NamedTuple

from msgspec import Struct

from libs.contracts.authorization import AuthorizationStatus, Decision, Purpose, Step
from services.authorization.token import Token, fold

Place = Literal["free", "full"]
"""Whether the token has room for one more session."""

Layout = dict[int, list[str | None]]
"""The connector types of a station by EVSE; None where a type is not known."""

ANY_TYPE = ""
"""The type of a token presented by OCPP 1.6, which knows none."""
CENTRAL = "Central"
"""Given to the station by us, in a remote start (C05): it may stand for a token of any type."""
NO_AUTHORIZATION = "NoAuthorization"
"""The station is set to ask nobody (C02)."""


class Question(Struct, frozen=True, kw_only=True, gc=False):
    """``at`` is when the token was presented, which for offline sessions is long ago."""

    tenant: str
    station: str
    token: str
    type: str = ANY_TYPE
    purpose: Purpose = "authorize"
    evse: int | None = None
    at: datetime
    transaction: str | None = None
    started_by: str | None = None
    started_group: str | None = None


class Facts(Struct, frozen=True, kw_only=True, gc=False):
    """What is known. ``parent`` is the token that the group's id names, if that is registered too;
    ``layout`` None: the station's connectors are not known.
    """

    token: Token | None = None
    parent: Token | None = None
    layout: Layout | None = None
    place: Place = "free"


class Finding(NamedTuple):
    """A step, and the status that it decides; None: the next step is asked."""

    step: Step
    status: AuthorizationStatus | None = None


Check = Callable[[Question, Facts], Finding]


def decide(question: Question, facts: Facts) -> Decision:
    steps: list[Step] = []
    status: AuthorizationStatus = "Accepted"
    for check in PIPELINES[question.purpose]:
        finding = check(question, facts)
        steps.append(finding.step)
        if finding.status is not None:
            status = finding.status
            break
    token = facts.token
    return Decision(
        status=status,
        reason=steps[-1].reason,
        steps=steps,
        group=token.group if token else None,
        master_pass=token.master_pass if token else False,
        expires_at=token.valid_to if token else None,
        language=token.language if token else None,
        evses=allowed_evses(token, facts.layout) if token and status == "Accepted" else None,
    )


# -- steps ---------------------------------------------------------------------------------------


def passed(name: str, reason: str) -> Finding:
    return Finding(Step(name=name, passed=True, reason=reason))


def accepted(name: str, reason: str) -> Finding:
    return Finding(Step(name=name, passed=True, reason=reason), "Accepted")


def refused(name: str, status: AuthorizationStatus, reason: str) -> Finding:
    return Finding(Step(name=name, passed=False, reason=reason), status)


NEEDED = passed("needed", "the station asks for authorization")
KNOWN = passed("known", "the token is registered")
USABLE = passed("status", "its status is Accepted")
VALID = passed("validity", "it is valid at that time")
ANYWHERE = passed("place", "it may be used at every station")
HERE = passed("place", "it may be used at this station")
EVERY_TYPE = passed("evse_type", "it may be used at every type of EVSE")
THIS_TYPE = passed("evse_type", "it may be used at this type of EVSE")
NO_GROUP = passed("group", "it belongs to no group")
GROUP_USABLE = passed("group", "nothing is held against its group")
NO_MASTER = passed("master_pass", "it is no master pass")
ROOM = passed("concurrency", "it has room for one more session")


def needed(question: Question, facts: Facts) -> Finding:
    if question.type == NO_AUTHORIZATION:
        return accepted("needed", "the station asks for no authorization")
    return NEEDED


def known(question: Question, facts: Facts) -> Finding:
    """Equal are tokens of the same id and type (C01.FR.25)."""
    token = facts.token
    if token is None:
        return refused("known", "Unknown", "no such token is registered")
    if question.type not in {ANY_TYPE, CENTRAL, token.type}:
        return refused(
            "known", "Unknown", f"it is registered as {token.type}, not as {question.type}"
        )
    return KNOWN


def usable(question: Question, facts: Facts) -> Finding:
    token = facts.token
    if token is not None and token.status != "Accepted":
        return refused("status", token.status, f"its status is {token.status}")
    return USABLE


def valid(question: Question, facts: Facts) -> Finding:
    token = facts.token
    if token is None:
        return VALID
    if token.valid_to is not None and token.valid_to <= question.at:
        return refused("validity", "Expired", f"it was valid until {token.valid_to.isoformat()}")
    if token.valid_from is not None and token.valid_from > question.at:
        return refused(
            "validity", "NotAtThisTime", f"it is valid from {token.valid_from.isoformat()} on"
        )
    return VALID


def placed(question: Question, facts: Facts) -> Finding:
    if facts.token is None or facts.token.stations is None:
        return ANYWHERE
    if question.station not in facts.token.stations:
        return refused("place", "NotAtThisLocation", "it may not be used at this station")
    return HERE


def typed(question: Question, facts: Facts) -> Finding:
    """What is not known of a station is not held against the driver."""
    token, layout = facts.token, facts.layout
    if token is None or token.evse_types is None:
        return EVERY_TYPE
    if not layout or (question.evse is not None and question.evse not in layout):
        return passed("evse_type", "the connectors of this station are not known")
    candidates = list(layout) if question.evse is None else [question.evse]
    if any(fits(token, layout[evse]) for evse in candidates):
        return THIS_TYPE
    return refused("evse_type", "NotAllowedTypeEVSE", "it may not be used at this type of EVSE")


def grouped(question: Question, facts: Facts) -> Finding:
    """A group may itself be a registered token; what is wrong with that is wrong with its
    members.
    """
    if facts.token is None or facts.token.group is None:
        return NO_GROUP
    parent = facts.parent
    if parent is None:
        return GROUP_USABLE
    if parent.status != "Accepted":
        return refused("group", parent.status, f"the status of its group is {parent.status}")
    if parent.valid_to is not None and parent.valid_to <= question.at:
        return refused(
            "group", "Expired", f"its group was valid until {parent.valid_to.isoformat()}"
        )
    return GROUP_USABLE


def no_master(question: Question, facts: Facts) -> Finding:
    """C16: a master pass stops sessions and starts none."""
    if facts.token is not None and facts.token.master_pass:
        return refused("master_pass", "Invalid", "a master pass cannot start")
    return NO_MASTER


def room(question: Question, facts: Facts) -> Finding:
    if facts.place == "full":
        return refused("concurrency", "ConcurrentTx", "it has as many sessions as it may have")
    return ROOM


def same_token(question: Question, facts: Facts) -> Finding:
    """Who started may stop, whatever became of the token meanwhile."""
    if question.started_by is not None and fold(question.started_by) == fold(question.token):
        return accepted("same_token", "it is the token that started")
    return passed("same_token", "it is not the token that started")


def may_stop(question: Question, facts: Facts) -> Finding:
    """C09, C16: a token of the same group, or a master pass, stops what another one started."""
    token = facts.token
    if token is not None and token.master_pass:
        return accepted("may_stop", "it is a master pass")
    if question.started_by is None and question.started_group is None:
        return accepted("may_stop", "what started is not known")
    group = token.group if token else None
    if (
        group is not None
        and question.started_group is not None
        and fold(group) == fold(question.started_group)
    ):
        return accepted("may_stop", "it is of the group that started")
    return refused("may_stop", "Invalid", "it is neither the token that started nor of its group")


PIPELINES: dict[Purpose, tuple[Check, ...]] = {
    "authorize": (needed, known, usable, valid, placed, typed, grouped, room),
    "start": (needed, known, usable, valid, placed, typed, grouped, no_master, room),
    "remote_start": (needed, known, usable, valid, placed, typed, grouped, no_master, room),
    "stop": (needed, same_token, known, usable, valid, may_stop),
}


# -- EVSEs ---------------------------------------------------------------------------------------


def fits(token: Token, types: list[str | None]) -> bool:
    """Whether a token may use an EVSE with connectors of these types."""
    if token.evse_types is None or not types:
        return True
    return any(kind is None or kind in token.evse_types for kind in types)


def allowed_evses(token: Token, layout: Layout | None) -> list[int] | None:
    """The EVSEs that it may use, None when that is all or not known."""
    if token.evse_types is None or not layout:
        return None
    allowed = [evse for evse, types in sorted(layout.items()) if fits(token, types)]
    return None if len(allowed) == len(layout) else allowed
