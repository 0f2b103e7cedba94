#!/usr/bin/env python3
"""Makes `python/rewards/_types.py` from `docs/border.schema.json` and `docs/answers.schema.json`, which the engine makes.

`make_types.py` writes the file, `make_types.py --check` compares it and fails if it is another one.
"""

import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
DOCS = HERE.parents[1] / "docs"
# What goes in and what one evaluation answers; what simulations and comparisons answer.
SCHEMAS = [DOCS / "border.schema.json", DOCS / "answers.schema.json"]
TARGET = HERE / "python" / "rewards" / "_types.py"

HEAD = '''"""The JSON that crosses the engine's border, as types. Made by `make_types.py` from the engine's schemas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict, Union

if TYPE_CHECKING:
    from typing_extensions import NotRequired
'''

WIDTH = 120


def wrapped(text, indent):
    """A docstring in lines that fit."""
    room = WIDTH - len(indent) - 6
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > room:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return f'{indent}"""' + f"\n{indent}".join(lines + [line]) + '"""'


def type_of(schema, definitions):
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        found = definitions[name]
        return f"{name}Json" if is_object(found) else type_of(found, definitions)
    if "anyOf" in schema:
        return union(type_of(one, definitions) for one in schema["anyOf"])
    if "enum" in schema:
        return f"Literal[{', '.join(json.dumps(word) for word in schema['enum'])}]"
    if "const" in schema:
        return f"Literal[{json.dumps(schema['const'])}]"
    kind = schema.get("type", [])
    if isinstance(kind, list):
        # A number that goes in as one is an int here: a float has lost digits already.
        return union(type_of({**schema, "type": one}, definitions) for one in kind) if kind else "object"
    if kind == "array":
        return f"list[{type_of(schema.get('items', {}), definitions)}]"
    if kind == "object":
        return f"dict[str, {type_of(schema.get('additionalProperties') or {}, definitions)}]"
    return {"string": "str", "number": "int", "integer": "int", "boolean": "bool", "null": "None"}[kind]


def union(types):
    types = list(dict.fromkeys(types))
    return types[0] if len(types) == 1 else f"Union[{', '.join(types)}]"


def is_object(schema):
    return schema.get("type") == "object" and bool(schema.get("properties"))


def field(name, schema, required, definitions):
    kind = type_of(schema, definitions)
    line = f"    {name}: {kind if required else f'NotRequired[{kind}]'}"
    if len(line) > WIDTH:
        # Long lists of words stand one under the other.
        line = line.replace("Literal[", "Literal[\n        ").replace('", "', '",\n        "').replace('"]', '",\n    ]', 1)
    return line


def read(schemas):
    """The definitions of all schemas. What two of them define is the same in both."""
    definitions = {}
    for schema in schemas:
        for name, definition in json.loads(schema.read_text(encoding="utf-8"))["$defs"].items():
            known = definitions.setdefault(name, definition)
            assert known == definition, f"{name} is two things"
    return definitions


def made():
    definitions = read(SCHEMAS)
    parts = [HEAD]
    for name, schema in definitions.items():
        if not is_object(schema):
            continue
        fields = schema["properties"]
        plain = all(key.isidentifier() for key in fields)
        assert plain, f"{name} has a key that is no name of Python"
        lines = [f"class {name}Json(TypedDict):", wrapped(schema.get("description", name), "    "), ""]
        for key, value in fields.items():
            lines.append(field(key, value, key in schema.get("required", []), definitions))
            if "description" in value:
                lines.append(wrapped(value["description"], "    "))
        parts.append("\n".join(lines) + "\n")
    return "\n\n".join(parts)


def main():
    text = made()
    if "--check" in sys.argv[1:]:
        if TARGET.read_text(encoding="utf-8") != text:
            print(f"error: {TARGET.name} is not what the schemas say; bindings/python/make_types.py makes it anew", file=sys.stderr)
            return 1
        return 0
    TARGET.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
