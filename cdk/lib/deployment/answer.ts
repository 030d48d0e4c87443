/** Answers CloudFormation: a PUT to the URL that came with the request. The URL is a credential and is never logged. */
import { setTimeout as sleep } from 'node:timers/promises';

import type { CloudFormationCustomResourceEvent } from 'aws-lambda';

/** How a request ended. */
export interface Answer {
  readonly status: 'SUCCESS' | 'FAILED';
  readonly attributes?: Readonly<Record<string, string>>;
  readonly reason?: string;
}

/** Bytes that CloudFormation takes of an answer. */
const ANSWER_LIMIT = 4_096;
const REASON_LIMIT = 2_000;

const TRIES = 3;

/** How long one try may take, and how long to wait after the first one that failed; all of them fit into what is left for them. */
export const PATIENCE = { timeout: 6_000, pause: 1_000 };

/** Sends an answer; a network that fails, or that never answers, is tried again. */
export async function answer(
  event: CloudFormationCustomResourceEvent,
  words: Answer,
  { timeout, pause } = PATIENCE,
): Promise<void> {
  const body = bodyOf(event, words);
  for (let attempt = 1; ; attempt += 1) {
    try {
      const response = await fetch(event.ResponseURL, {
        method: 'PUT',
        body,
        headers: { 'content-type': '' },
        signal: AbortSignal.timeout(timeout),
      });
      if (response.ok) {
        return;
      }
      throw new Error(`CloudFormation did not take the answer: status ${response.status}`);
    } catch (error) {
      if (attempt === TRIES) {
        throw error;
      }
      await sleep(pause * attempt);
    }
  }
}

/** What is sent: an answer that CloudFormation would not take is a failure that says so. */
function bodyOf(event: CloudFormationCustomResourceEvent, { status, attributes, reason }: Answer): string {
  const body = JSON.stringify({
    Status: status,
    Reason: reason && shortened(reason),
    // The same for every version of the resource: another id would have CloudFormation delete the first one.
    PhysicalResourceId: event.LogicalResourceId,
    StackId: event.StackId,
    RequestId: event.RequestId,
    LogicalResourceId: event.LogicalResourceId,
    Data: attributes,
  });
  const bytes = Buffer.byteLength(body);
  return bytes <= ANSWER_LIMIT || attributes === undefined
    ? body
    : bodyOf(event, {
        status: 'FAILED',
        reason: `the answer takes ${bytes} bytes, and CloudFormation takes ${ANSWER_LIMIT}: the names of default branches are too long, name \`destinations\``,
      });
}

/** As many characters as have room, however many bytes each of them takes. */
function shortened(reason: string): string {
  let end = Math.min(reason.length, REASON_LIMIT);
  while (Buffer.byteLength(JSON.stringify(reason.slice(0, end))) > REASON_LIMIT + 2) {
    end -= 1;
  }
  return reason.slice(0, end);
}
