"""Adapts schemathesis to this API."""

import json

import schemathesis


@schemathesis.hook
def filter_case(context, case):
    """An empty parameter counts as absent, which a schema can't express."""
    return all(value != "" for value in (case.query or {}).values())


@schemathesis.serializer("application/x-ndjson", "application/ndjson")
def ndjson(context, value):
    """Serializes NDJSON, one row per line. Examples of `format: binary` are bytes already."""
    if isinstance(getattr(value, "data", None), bytes):
        return value.data
    rows = value if isinstance(value, list) else [value]
    return "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows).encode()


@schemathesis.hook
def before_call(context, case, kwargs):
    """Removes a generated `Authorization` header: beside the key in `X-API-Key` it is refused (`conflicting_keys`)."""
    case.headers.pop("Authorization", None)
