"""validate_meta.py META.json SCHEMAS: against PGXN's own schemas.

SCHEMAS is the folder v1 of the crate pgxn_meta, with which PGXN validates.
"""

import json
import pathlib
import sys

import jsonschema
import regex


def check_pattern(validator, pattern, instance, schema):
    """As Rust understands a pattern: Python's own re has no properties."""
    if isinstance(instance, str) and not regex.search(pattern, instance):
        yield jsonschema.ValidationError(f"{instance!r} does not match {pattern!r}")


meta = json.loads(pathlib.Path(sys.argv[1]).read_text())
store = {}
for path in pathlib.Path(sys.argv[2]).glob("*.schema.json"):
    schema = json.loads(path.read_text())
    # Whose validator would be taken instead of ours.
    del schema["$schema"]
    store[schema["$id"]] = schema
whole = store["https://pgxn.org/meta/v1/distribution.schema.json"]
validator = jsonschema.validators.extend(jsonschema.Draft202012Validator, {"pattern": check_pattern})
resolver = jsonschema.RefResolver.from_schema(whole, store=store)
errors = list(validator(whole, resolver=resolver).iter_errors(meta))
for error in errors:
    print(f"{sys.argv[1]}: {error.json_path}: {error.message}")
sys.exit(1 if errors else 0)
