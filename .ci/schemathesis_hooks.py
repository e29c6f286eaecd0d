"""What schemathesis has to be told of this API."""

import json

import schemathesis


@schemathesis.hook
def filter_case(context, case):
    """An empty parameter counts as not given, which a schema can't say."""
    return all(value != "" for value in (case.query or {}).values())


@schemathesis.serializer("application/x-ndjson", "application/ndjson")
def ndjson(context, value):
    """A row on each line; what is generated for `format: binary` are bytes."""
    if isinstance(getattr(value, "data", None), bytes):
        return value.data
    rows = value if isinstance(value, list) else [value]
    return "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows).encode()


@schemathesis.hook
def before_call(context, case, kwargs):
    """One key: a generated one in `Authorization` beside the key in `X-API-Key` is refused (`conflicting_keys`)."""
    case.headers.pop("Authorization", None)
