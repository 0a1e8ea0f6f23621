"""Documents made from schemas: the smallest, the fullest, and any."""

import copy
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from typing import Any

from hypothesis import strategies as st

from tests.libs.ocpp.schemas import CASES, Case, Node

LIST_LENGTH_MAX = 3

ABSENT = object()

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def smallest(node: Node) -> Any:
    """Nothing that may be left out."""
    return _build(node, lambda _: False)


def fullest(node: Node) -> Any:
    """Every property, one item in each list."""
    return _build(node, lambda _: True)


def plainest(node: Node) -> Any:
    """Every property but customData."""
    return _build(node, lambda key: key != "customData")


def _build(node: Node, wanted: Callable[[str], bool]) -> Any:
    match node.kind:
        case "object":
            return {
                key: _build(child, wanted)
                for key, child in node.properties.items()
                if key in node.required or wanted(key)
            }
        case "array":
            count = max(int(node.low or 0), 1 if wanted("[]") else 0)
            return [_build(node.items, wanted) for _ in range(count)]
        case "enum":
            return min(node.values)
        case "date-time":
            return "2026-01-31T12:00:00.125Z"
        case "string":
            return "x" * min(int(node.high or 8), 8)
        case "integer":
            return int(max(node.low, 1))
        case "number":
            return min(node.high, 16.5) if node.high is not None else 16.5
        case "boolean":
            return True
        case _:
            return {"of": ["any", "kind"]}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@cache
def strategy(node_of: Case) -> st.SearchStrategy[Any]:
    """Any document that a schema allows, with short lists."""
    return _strategy(node_of.node)


def _strategy(node: Node) -> st.SearchStrategy[Any]:
    match node.kind:
        case "object":
            children = {key: _strategy(child) for key, child in node.properties.items()}
            required = {key: each for key, each in children.items() if key in node.required}
            optional = {key: each for key, each in children.items() if key not in node.required}
            return st.fixed_dictionaries(required, optional=optional)
        case "array":
            high = LIST_LENGTH_MAX if node.high is None else min(int(node.high), LIST_LENGTH_MAX)
            return st.lists(_strategy(node.items), min_size=int(node.low or 0), max_size=high)
        case "enum":
            return st.sampled_from(sorted(node.values))
        case "date-time":
            return _times()
        case "string":
            limit = None if node.high is None else int(node.high)
            return st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=limit)
        case "integer":
            return st.integers(int(node.low), int(node.high))
        case "number" if node.step:
            return st.integers(-(10**9), 10**9).map(lambda tenths: tenths / 10)
        case "number":
            return st.floats(node.low, node.high, allow_nan=False, allow_infinity=False)
        case "boolean":
            return st.booleans()
        case _:
            return JSON


def _times() -> st.SearchStrategy[str]:
    minutes = st.just(0) | st.integers(-14 * 60, 14 * 60)
    zones = minutes.map(lambda offset: timezone(timedelta(minutes=offset)))
    since = st.integers(0, 4 * 10**12).map(lambda passed: EPOCH + timedelta(milliseconds=passed))
    return st.tuples(since, zones).map(
        lambda pair: pair[0].astimezone(pair[1]).isoformat().replace("+00:00", "Z")
    )


ANY_DOCUMENT = st.sampled_from(CASES).flatmap(
    lambda case: strategy(case).map(lambda document: (case, document))
)


def get(document: Any, keys: tuple[str | int, ...]) -> Any:
    for key in keys:
        document = document[key]
    return document


def change(document: Any, keys: tuple[str | int, ...], value: Any) -> Any:
    """A copy with another value at one place; ABSENT takes it away."""
    changed = copy.deepcopy(document)
    holder = get(changed, keys[:-1])
    if value is ABSENT:
        del holder[keys[-1]]
    else:
        holder[keys[-1]] = value
    return changed
