"""Writes the rows of a CSV file to a DynamoDB table as a careful script does: looks up 100 items in one request, and
writes 25 in another, with conditional PartiQL statements. Items that have the row's values already are not written.

Usage: peer.py TABLE FILE (the table of accounts; AWS_ENDPOINT_URL_DYNAMODB and credentials from the environment)

Prints the rows and the script's processor time, user and system, as JSON. The benchmark `million` compares it with the
processor time of Saldo's chunk workers for the same file.
"""

import csv
import hashlib
import json
import os
import resource
import sys
import time
import uuid
from decimal import Decimal
from itertools import islice

import boto3
from botocore.config import Config

LOOK_UP, BATCH = 100, 25
SHARDS = 16


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def batches(items, size):
    items = iter(items)
    while batch := list(islice(items, size)):
        yield batch


def item_of(row):
    """The key and the attributes of a row's item: those of an account in Saldo."""
    digest = hashlib.sha256(row["external_id"].encode()).hexdigest()
    key = {"shard": {"S": f"peer#{int(digest[:2], 16) % SHARDS:02}"}, "id": {"S": f"acc_{digest[:26]}"}}
    amount = Decimal(row["total_amount"])
    return key, {
        "external_id": {"S": row["external_id"]},
        "name": {"S": row["contact.name"]},
        "phone": {"S": row["contact.phone"]},
        "email": {"S": row["contact.email"]},
        "total_amount": {"N": str(amount)},
        "balance": {"N": str(-amount)},
        "currency": {"S": row["currency"]},
        "due_date": {"S": row["due_date"]},
        "source_system": {"S": row["source_system"]},
        "notes": {"S": row["notes"]},
        "type": {"S": "receivable"},
        "status": {"S": "active"},
    }


def look_up(client, table, keys):
    found = {}
    wanted = {table: {"Keys": keys}}
    while wanted:
        answer = client.batch_get_item(RequestItems=wanted)
        found.update((item["id"]["S"], item) for item in answer["Responses"].get(table, []))
        wanted = answer.get("UnprocessedKeys")
    return found


def statement(table, key, attributes, before):
    """The statement that writes the item on the condition that it is as it was read; None if nothing changes."""
    changed = {name: value for name, value in attributes.items() if before is None or before.get(name) != value}
    if not changed:
        return None
    now = {"N": str(int(time.time() * 1000))}
    changed |= {"revision": {"B": uuid.uuid4().bytes}, "updated_at": now}
    if before is None:
        item = key | changed | {"created_at": now}
        members = ", ".join(f"'{name}': ?" for name in item)
        return {"Statement": f'INSERT INTO "{table}" VALUE {{{members}}}', "Parameters": list(item.values())}
    sets = "".join(f' SET "{name}" = ?' for name in changed)
    where = 'WHERE "shard" = ? AND "id" = ? AND "revision" = ?'
    parameters = [*changed.values(), key["shard"], key["id"], before["revision"]]
    return {"Statement": f'UPDATE "{table}"{sets} {where}', "Parameters": parameters}


def main():
    table, path = sys.argv[1:]
    client = boto3.client("dynamodb", config=Config(retries={"mode": "standard"}))
    began = cpu_seconds()
    with open(path, newline="", encoding="utf-8") as file:
        rows = {row["external_id"]: row for row in csv.DictReader(file)}  # the last row with an id counts
    for group in batches(rows.values(), LOOK_UP):
        items = [item_of(row) for row in group]
        found = look_up(client, table, [key for key, _ in items])
        statements = [statement(table, key, item, found.get(key["id"]["S"])) for key, item in items]
        for batch in batches(filter(None, statements), BATCH):
            answer = client.batch_execute_statement(Statements=batch)
            failed = [response["Error"] for response in answer["Responses"] if "Error" in response]
            if failed:
                sys.exit(f"a statement failed: {failed[0]}")
    print(json.dumps({"rows": len(rows), "cpu_seconds": cpu_seconds() - began}))


if __name__ == "__main__":
    main()
