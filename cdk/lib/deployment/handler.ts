/** The function behind the custom resource: CloudFormation's protocol around `deploy`. Every request is answered. */
import { setTimeout as sleep } from 'node:timers/promises';

import type { CloudFormationCustomResourceEvent, Context } from 'aws-lambda';

import { answer, type Answer } from './answer';
import type { Aws } from './aws';
import { deploy, type Request } from './deploy';
import type { DeploymentProperties, ReferencesProperties } from './properties';
import { SdkAccount } from './sdk-account';
import { CodeCommit } from './sdk-code-host';

/** Lambda's entry point. */
export async function handler(event: CloudFormationCustomResourceEvent, context: Context): Promise<void> {
  const aws: Aws = {
    host: new CodeCommit(),
    account: new SdkAccount(),
    clock: {
      remaining: () => context.getRemainingTimeInMillis(),
      sleep: (milliseconds) => sleep(milliseconds),
    },
    say: (sentence) => {
      console.log(sentence);
    },
  };
  await answer(event, await outcome(aws, event));
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
