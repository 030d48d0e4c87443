/** The function behind the custom resource: CloudFormation's protocol around `deploy`. Every request is answered. */
import { setTimeout as sleep } from 'node:timers/promises';

import { CodeCommitClient } from '@aws-sdk/client-codecommit';
import type { CloudFormationCustomResourceEvent, Context } from 'aws-lambda';

import { answer, type Answer } from './answer';
import type { Aws, Clock } from './aws';
import { deploy, type Request } from './deploy';
import type { DeploymentProperties, ReferencesProperties } from './properties';
import { SdkAccount } from './sdk-account';
import { CodeCommit } from './sdk-code-host';
import { inTime } from './watch';

/** Lambda's entry point. */
export async function handler(event: CloudFormationCustomResourceEvent, context: Context): Promise<void> {
  const clock: Clock = {
    remaining: () => context.getRemainingTimeInMillis(),
    sleep: (milliseconds) => sleep(milliseconds),
  };
  const aws: Aws = {
    host: new CodeCommit(inTime(new CodeCommitClient(), clock)),
    account: new SdkAccount(clock),
    clock,
    say: (sentence) => {
      console.log(sentence);
    },
  };
  await answer(event, await orLate(outcome(aws, event), clock.remaining() - TO_ANSWER_MILLISECONDS));
}

/** All tries of an answer fit into it. */
const TO_ANSWER_MILLISECONDS = 25_000;

/** What comes first: how a request ended, or the last moment to say that it has not. A call that hangs looks at no clock. */
export async function orLate(outcome: Promise<Answer>, milliseconds: number): Promise<Answer> {
  const timer = new AbortController();
  const late = sleep(Math.max(0, milliseconds), undefined, { signal: timer.signal }).then((): Answer => ({
    status: 'FAILED',
    reason: 'time is up, and AWS has not answered: run the same command again, it goes on where this ended',
  }));
  // Of a timer that is not needed any more.
  late.catch(() => undefined);
  try {
    return await Promise.race([outcome, late]);
  } finally {
    timer.abort();
  }
}

async function outcome(aws: Aws, event: CloudFormationCustomResourceEvent): Promise<Answer> {
  try {
    return { status: 'SUCCESS', ...(await deploy(aws, request(event))) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    console.error(reason);
    return { status: 'FAILED', reason };
  }
}

function request(event: CloudFormationCustomResourceEvent): Request {
  if (event.ResourceType === 'Custom::MergegateReferences') {
    const properties = event.ResourceProperties as unknown as ReferencesProperties;
    return event.RequestType === 'Delete'
      ? { type: 'ForgetReferences' }
      : { type: 'ReadReferences', properties };
  }
  const properties = event.ResourceProperties as unknown as DeploymentProperties;
  if (event.RequestType === 'Update') {
    const before = event.OldResourceProperties as unknown as DeploymentProperties;
    return { type: 'Update', properties, before };
  }
  return { type: event.RequestType, properties };
}
