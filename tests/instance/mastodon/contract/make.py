"""Takes from Mastodon's OpenAPI schema what the contract test needs: operations, and required fields of entities.

python tests/instance/mastodon/contract/make.py SCHEMA.json writes operations.txt and entities.json beside itself.
"""

import json
import sys
from pathlib import Path
from typing import Any

METHODS = ("get", "post", "put", "patch", "delete")
HERE = Path(__file__).parent


def kind_of(schema: dict[str, Any]) -> Any:
    """A schema in short: 'string', ['Entity'] for an array, 'Entity' for a reference, None for anything."""
    if "$ref" in schema:
        return schema["$ref"].rpartition("/")[2]
    for word in ("oneOf", "anyOf", "allOf"):
        if word in schema:
            options = [kind_of(each) for each in schema[word] if each.get("type") != "null"]
            return options[0] if len(options) == 1 else None
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((each for each in kind if each != "null"), None)
    if kind == "array":
        return [kind_of(schema.get("items", {}))]
    return kind


def nullable(schema: dict[str, Any]) -> bool:
    kinds = schema.get("type")
    if isinstance(kinds, list) and "null" in kinds:
        return True
    return bool(schema.get("nullable")) or any(each.get("type") == "null" for each in schema.get("oneOf", []))


def main(source: str) -> None:
    document = json.loads(Path(source).read_text())
    lines = []
    for path, operations in document["paths"].items():
        for method in METHODS:
            if method in operations:
                content = operations[method]["responses"].get("200", {}).get("content", {})
                schema = content.get("application/json", {}).get("schema", {})
                lines.append(f"{method.upper()} {path} {json.dumps(kind_of(schema))}")
    (HERE / "operations.txt").write_text("\n".join(lines) + "\n")
    entities = {}
    for name, schema in document["components"]["schemas"].items():
        if schema.get("properties"):
            required = schema.get("required", [])
            fields = {
                key: {"kind": kind_of(value), "null": nullable(value)}
                for key, value in schema["properties"].items()
                if key in required
            }
            entities[name] = fields
    (HERE / "entities.json").write_text(json.dumps(entities, indent=0, sort_keys=True) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
