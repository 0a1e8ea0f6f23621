"""The smallest payload that a JSON schema accepts."""

from typing import Any

TEXTS = {"date-time": "2026-01-01T00:00:00Z", "uri": "http://127.0.0.1/"}


def minimal(schema: dict[str, Any], root: dict[str, Any] | None = None) -> Any:
    root = root or schema
    if "$ref" in schema:
        return minimal(root["definitions"][schema["$ref"].rpartition("/")[2]], root)
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            wanted = schema.get("required", [])
            return {name: minimal(schema["properties"][name], root) for name in wanted}
        case "array":
            return [minimal(schema["items"], root)] * schema.get("minItems", 1)
        case "integer" | "number":
            return max(1, schema.get("minimum", 1))
        case "boolean":
            return False
        case _:
            return TEXTS.get(schema.get("format", ""), "1")
