/** What CloudFormation hears. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';

import type { CloudFormationCustomResourceEvent } from 'aws-lambda';

import { answer, type Answer } from '../lib/deployment/answer';

interface Heard {
  readonly method?: string;
  readonly body: Record<string, unknown>;
}

/** Answers a request to somebody who refuses the first `refusals` tries. */
async function heard(words: Answer, refusals = 0): Promise<Heard[]> {
  const all: Heard[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>;
      all.push({ method: request.method, body });
      response.writeHead(all.length > refusals ? 200 : 503).end();
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
    await answer(event, words);
  } finally {
    server.close();
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
