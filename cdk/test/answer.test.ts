/** What CloudFormation hears. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';

import type { CloudFormationCustomResourceEvent } from 'aws-lambda';

import { answer, PATIENCE, type Answer } from '../lib/deployment/answer';

interface Heard {
  readonly method?: string;
  readonly body: Record<string, unknown>;
}

/** Answers a request to somebody who refuses the first `refusals` tries. */
async function heard(words: Answer, refusals = 0, silences = 0): Promise<Heard[]> {
  const all: Heard[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>;
      all.push({ method: request.method, body });
      if (all.length > silences) {
        response.writeHead(all.length > refusals ? 200 : 503).end();
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const event = {
    RequestType: 'Create',
    ResponseURL: `http://127.0.0.1:${port}/?signature`,
    StackId: 'stack',
    RequestId: 'request',
    LogicalResourceId: 'Rules',
    ResourceType: 'Custom::MergegateDeployment',
    ServiceToken: 'function',
    ResourceProperties: { ServiceToken: 'function' },
  } as CloudFormationCustomResourceEvent;
  try {
    await answer(event, words, { timeout: 200, pause: 1 });
  } finally {
    server.close();
    server.closeAllConnections();
  }
  return all;
}

test('a success carries the attributes', async () => {
  const [request] = await heard({ status: 'SUCCESS', attributes: { References0: 'refs/heads/main' } });
  assert.equal(request?.method, 'PUT');
  assert.deepEqual(request.body, {
    Status: 'SUCCESS',
    PhysicalResourceId: 'Rules',
    StackId: 'stack',
    RequestId: 'request',
    LogicalResourceId: 'Rules',
    Data: { References0: 'refs/heads/main' },
  });
});

test('a failure carries its reason, at a length that CloudFormation takes', async () => {
  const [request] = await heard({ status: 'FAILED', reason: 'x'.repeat(5_000) });
  assert.equal(request?.body.Status, 'FAILED');
  assert.equal(String(request.body.Reason).length, 2_000);
});

test('an answer that is not taken is sent again', async () => {
  assert.equal((await heard({ status: 'SUCCESS' }, 2)).length, 3);
});

test('fails when an answer is never taken', async () => {
  await assert.rejects(heard({ status: 'SUCCESS' }, 9), /did not take the answer: status 503/);
});

test('an answer that nobody acknowledges is sent again', async () => {
  assert.equal((await heard({ status: 'SUCCESS' }, 0, 2)).length, 3);
});

test('all tries fit into the time that is left for them', () => {
  const all = 3 * PATIENCE.timeout + PATIENCE.pause * (1 + 2);
  assert.ok(all <= 25_000, `${all}`);
});

test('attributes that CloudFormation would not take are a failure in words', async () => {
  const attributes = Object.fromEntries(
    Array.from({ length: 10 }, (_, place) => [`References${place}`, `refs/heads/${'\u00e4'.repeat(250)}`]),
  );
  const [request] = await heard({ status: 'SUCCESS', attributes });
  assert.equal(request?.body.Status, 'FAILED');
  assert.match(
    String(request.body.Reason),
    /the answer takes 5\d{3} bytes, and CloudFormation takes 4096: .*`destinations`/,
  );
  assert.equal(request.body.Data, undefined);
});

test('a reason of any script has room', async () => {
  const [request] = await heard({ status: 'FAILED', reason: '\u6f22'.repeat(5_000) });
  assert.ok(Buffer.byteLength(JSON.stringify(request?.body)) <= 4_096);
});

test('the longest names of default branches have room in one answer', async () => {
  const attributes = Object.fromEntries(
    Array.from({ length: 10 }, (_, place) => [`References${place}`, `refs/heads/${'x'.repeat(256)}`]),
  );
  const [request] = await heard({ status: 'SUCCESS', attributes });
  assert.equal(request?.body.Status, 'SUCCESS');
  // The ids of a real request are longer than those here.
  assert.ok(Buffer.byteLength(JSON.stringify(request.body)) <= 4_096 - 600);
});
