// Imports accounts, answers a bank's challenges and reads a webhook's deliveries with the types that
// openapi-typescript generates and openapi-fetch. The address and the key of Saldo are in the environment.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

import createClient from "openapi-fetch";

import type { components, paths } from "./api.js";

type Schemas = components["schemas"];

const client = createClient<paths>({
  baseUrl: process.env["SALDO_URL"] ?? "",
  headers: { "X-API-Key": process.env["SALDO_KEY"] ?? "" },
});

/** The body of an answer that may be a problem document instead. */
async function expect<T>(answer: Promise<{ data?: T; error?: unknown }>): Promise<NonNullable<T>> {
  const { data, error } = await answer;
  assert(data != null, JSON.stringify(error));
  return data;
}

/** What is read as soon as it is done. */
async function wait<T>(read: () => Promise<T>, done: (value: T) => boolean): Promise<T> {
  for (const deadline = Date.now() + 60_000; ; await sleep(200)) {
    const value = await read();
    if (done(value)) return value;
    assert(Date.now() < deadline, JSON.stringify(value));
  }
}

/** Receives webhooks, and refuses the first. */
const receiver = createServer((request, response) => {
  request.resume().on("end", () => response.writeHead(refused++ === 0 ? 503 : 204).end());
});
let refused = 0;

/** Registers a notification endpoint and returns its id. */
async function observeImports(): Promise<string> {
  await new Promise<void>((listening) => receiver.listen(0, "127.0.0.1", listening));
  const { port } = receiver.address() as AddressInfo;
  const body = { observe_key: "saldo:import.completed", notify_uri: `http://127.0.0.1:${port}/`, state: "typescript" };
  const endpoint = await expect(client.POST("/rest/notifications", { body }));
  assert(endpoint.secret);
  return endpoint.notification_id;
}

/** Imports accounts and waits for the job. */
async function runImport(accounts: Schemas["ImportRow"][]): Promise<Schemas["ImportDetails"]> {
  const { job_id } = await expect(client.POST("/api/v1/import", { body: { accounts } }));
  const read = () => expect(client.GET("/api/v1/import/{job_id}", { params: { path: { job_id } } }));
  return wait(read, (details) => details.status !== "processing");
}

/** What the customer `two-methods` of the sandbox bank answers. */
function answer(challenge: Schemas["Challenge"]): Schemas["ChallengeAnswer"] {
  switch (challenge.type) {
    case "METHOD_SELECT":
      return { method_id: challenge.auth_methods[0]?.id ?? "" };
    case "EMBEDDED":
      assert.equal(challenge.max_length, 6);
      return { value: "111111" };
    case "REDIRECT":
    case "DECOUPLED":
      throw new Error(`a challenge that this customer's bank does not pose: ${challenge.type}`);
  }
}

/** Synchronizes with the sandbox bank, whose customer chooses a method and enters a one-time password. */
async function synchronize(): Promise<void> {
  const access = await expect(client.POST("/rest/accesses", { body: { access_method_id: "sandbox" } }));
  const { id: sync_id } = await expect(
    client.POST("/rest/accesses/{access_id}/syncs", {
      params: { path: { access_id: access.id } },
      body: { credentials: { psu_id: "two-methods", pin: "12345" } },
    }),
  );
  const path = { access_id: access.id, sync_id };
  const read = () => expect(client.GET("/rest/accesses/{access_id}/syncs/{sync_id}", { params: { path } }));
  const answered: string[] = [];
  const ended = ["COMPLETED", "FAILED"];
  for (;;) {
    const sync = await wait(
      read,
      ({ challenge, status }) => ended.includes(status) || (challenge != null && !answered.includes(challenge.id)),
    );
    if (sync.challenge === null) {
      assert.equal(sync.status, "COMPLETED");
      break;
    }
    await expect(
      client.POST("/rest/accesses/{access_id}/syncs/{sync_id}/challenges/{challenge_id}/response", {
        params: { path: { ...path, challenge_id: sync.challenge.id } },
        body: answer(sync.challenge),
      }),
    );
    answered.push(sync.challenge.id);
  }
  assert.equal(answered.length, 2);
  const query = { count: 1, include_pending: true };
  const { transactions } = await expect(client.GET("/rest/transactions", { params: { query } }));
  assert.equal(transactions.length, 1);
}

/** The delivery of a job's end, once it has ended itself. */
async function readDelivery(id: string, job: string): Promise<Schemas["Delivery"]> {
  const read = async () => {
    const page = await expect(client.GET("/rest/notifications/{id}/deliveries", { params: { path: { id } } }));
    return page.deliveries.find((delivery) => delivery.job_id === job);
  };
  const delivery = await wait(read, (delivery) => delivery !== undefined && delivery.status !== "pending");
  assert(delivery);
  return delivery;
}

const notification = await observeImports();
const details = await runImport([
  { contact: { name: "María García" }, total_amount: "45000.50", external_id: "TS-1" },
  { contact: { name: "Carlos López", phone: "11 5555" }, total_amount: "1", external_id: "TS-2" },
]);
assert.equal(details.status, "completed_with_errors");
assert.equal(details.imported, 1);
assert.deepEqual(details.errors.map((error) => [error.index, error.field]), [[1, "contact.phone"]]);
await synchronize();
const delivery = await readDelivery(notification, details.job_id);
assert.equal(delivery.status, "delivered");
assert.deepEqual(delivery.attempts.map((attempt) => attempt.status_code), [503, 204]);
receiver.close();
receiver.closeAllConnections();
console.log("the generated TypeScript client works");
