"""Imports accounts, answers a bank's challenges and reads a webhook's deliveries with the client that
openapi-python-client generates. The address and the key of Saldo are in the environment."""

import os
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO
from typing import TypeVar

from saldo_client import AuthenticatedClient
from saldo_client.api.banks import answer_challenge, create_access, create_sync, list_bank_transactions, read_sync
from saldo_client.api.imports import import_accounts, read_import
from saldo_client.api.notifications import create_notification, list_deliveries
from saldo_client.models import (
    Access,
    AcceptedImport,
    BankTransactions,
    ChallengeValue,
    ChosenMethod,
    Credentials,
    Delivery,
    DeliveryPage,
    DeliveryStatus,
    EmbeddedChallenge,
    EmptyObject,
    ImportDetails,
    ImportOfAccounts,
    ImportRow,
    ImportRowContact,
    ImportStatus,
    MethodSelectChallenge,
    NewAccess,
    NewNotification,
    NewSync,
    NotificationWithSecret,
    Sync,
    SyncStatus,
)
from saldo_client.types import File

T = TypeVar("T")

client = AuthenticatedClient(
    base_url=os.environ["SALDO_URL"], token=os.environ["SALDO_KEY"], raise_on_unexpected_status=True
)


def expect(kind: type[T], answer: object) -> T:
    """The answer, which may be a problem document instead."""
    assert isinstance(answer, kind), answer
    return answer


def wait(read: Callable[[], T], done: Callable[[T], bool]) -> T:
    """What is read as soon as it is done."""
    deadline = time.monotonic() + 60
    while not done(value := read()):
        assert time.monotonic() < deadline, value
        time.sleep(0.2)
    return value


class Receiver(BaseHTTPRequestHandler):
    """Receives webhooks, and refuses the first."""

    refused = False

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(204 if Receiver.refused else 503)
        self.end_headers()
        Receiver.refused = True

    def log_message(self, format: str, *args: object) -> None:
        pass


def observe_imports() -> str:
    """Registers a notification endpoint and returns its id."""
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    body = NewNotification(
        observe_key="saldo:import.completed", notify_uri=f"http://127.0.0.1:{server.server_port}/", state="python"
    )
    endpoint = expect(NotificationWithSecret, create_notification.sync(client=client, body=body))
    assert endpoint.secret
    return endpoint.notification_id


def run_import(body: ImportOfAccounts | File) -> ImportDetails:
    """Imports accounts and waits for the job."""
    job = expect(AcceptedImport, import_accounts.sync(client=client, body=body)).job_id
    read = lambda: expect(ImportDetails, read_import.sync(job, client=client))
    return wait(read, lambda details: details.status != ImportStatus.PROCESSING)


def synchronize() -> None:
    """Synchronizes with the sandbox bank, whose customer chooses a method and enters a one-time password."""
    access = expect(Access, create_access.sync(client=client, body=NewAccess(access_method_id="sandbox"))).id
    credentials = Credentials(psu_id="two-methods", pin="12345")
    started = expect(Sync, create_sync.sync(access, client=client, body=NewSync(credentials=credentials)))
    answered: list[str] = []

    def needs_attention(sync: Sync) -> bool:
        asks = sync.challenge is not None and sync.challenge.id not in answered
        return asks or sync.status in (SyncStatus.COMPLETED, SyncStatus.FAILED)

    while True:
        read = lambda: expect(Sync, read_sync.sync(access, started.id, client=client))
        sync = wait(read, needs_attention)
        body: ChallengeValue | ChosenMethod
        match sync.challenge:
            case MethodSelectChallenge() as challenge:
                body = ChosenMethod(method_id=challenge.auth_methods[0].id)
            case EmbeddedChallenge() as challenge:
                assert challenge.max_length == 6, challenge
                body = ChallengeValue(value="111111")
            case None:
                break
            case other:
                raise AssertionError(f"a challenge that this customer's bank does not pose: {other}")
        answer = answer_challenge.sync(access, sync.id, challenge.id, client=client, body=body)
        expect(EmptyObject, answer)
        answered.append(challenge.id)
    assert sync.status == SyncStatus.COMPLETED and len(answered) == 2, sync
    transactions = list_bank_transactions.sync(client=client, count=1, include_pending=True)
    assert len(expect(BankTransactions, transactions).transactions) == 1


def read_delivery(notification: str, job: str) -> Delivery:
    """The delivery of a job's end, once it has ended itself."""

    def read() -> Delivery | None:
        deliveries = expect(DeliveryPage, list_deliveries.sync(notification, client=client)).deliveries
        return next((delivery for delivery in deliveries if delivery.job_id == job), None)

    delivery = wait(read, lambda delivery: delivery is not None and delivery.status != DeliveryStatus.PENDING)
    assert delivery is not None
    return delivery


notification = observe_imports()
row = ImportRow(contact=ImportRowContact(name="María García"), total_amount="45000.50", external_id="PY-1")
bad = ImportRow(contact=ImportRowContact(name="Carlos López", phone="11 5555"), total_amount="1", external_id="PY-2")
details = run_import(ImportOfAccounts(accounts=[row, bad]))
assert details.status == ImportStatus.COMPLETED_WITH_ERRORS and details.imported == 1, details
assert [(error.index, error.field) for error in details.errors] == [(1, "contact.phone")], details
table = "external_id,contact.name,total_amount\nPY-1,María García,45000.50\n".encode()
assert run_import(File(payload=BytesIO(table))).updated == 1
synchronize()
delivery = read_delivery(notification, details.job_id)
assert delivery.status == DeliveryStatus.DELIVERED, delivery
assert [attempt.status_code for attempt in delivery.attempts] == [503, 204], delivery
print("the generated Python client works")
