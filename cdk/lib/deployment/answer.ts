/** Answers CloudFormation: a PUT to the URL that came with the request. The URL is a credential and is never logged. */
import type { CloudFormationCustomResourceEvent } from 'aws-lambda';

/** How a request ended. */
export interface Answer {
  readonly status: 'SUCCESS' | 'FAILED';
  readonly attributes?: Readonly<Record<string, string>>;
  readonly reason?: string;
}

/** CloudFormation takes answers of 4 KiB. */
const REASON_LIMIT = 2_000;

const TRIES = 3;

/** Sends an answer; a network that fails is tried again. */
export async function answer(
  event: CloudFormationCustomResourceEvent,
  { status, attributes, reason }: Answer,
): Promise<void> {
  const body = JSON.stringify({
    Status: status,
    Reason: reason?.slice(0, REASON_LIMIT),
    // The same for every version of the resource: another id would have CloudFormation delete the first one.
    PhysicalResourceId: event.LogicalResourceId,
    StackId: event.StackId,
    RequestId: event.RequestId,
    LogicalResourceId: event.LogicalResourceId,
    Data: attributes,
  });
  for (let attempt = 1; ; attempt += 1) {
    try {
      const response = await fetch(event.ResponseURL, {
        method: 'PUT',
        body,
        headers: { 'content-type': '' },
      });
      if (response.ok) {
        return;
      }
      throw new Error(`CloudFormation did not take the answer: status ${response.status}`);
    } catch (error) {
      if (attempt === TRIES) {
        throw error;
      }
    }
  }
}
