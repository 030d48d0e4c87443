// The router's answer to a merged pull request, as one would write it for Node.js: read the live pull request, start the
// tear-down under a name that a second event cannot take.

import { CodeCommitClient, GetPullRequestCommand } from '@aws-sdk/client-codecommit';
import { SFNClient, StartExecutionCommand } from '@aws-sdk/client-sfn';

const codecommit = new CodeCommitClient({});
const executions = new SFNClient({});

export async function handler(event) {
  const { pullRequestId } = event.detail;
  const { pullRequest } = await codecommit.send(new GetPullRequestCommand({ pullRequestId }));
  if (pullRequest.pullRequestStatus !== 'CLOSED') {
    return { ignored: 'the pull request is open' };
  }
  const [target] = pullRequest.pullRequestTargets;
  const name = `pr-${pullRequestId}-close-1`;
  const request = { action: 'close', pull_request: pullRequestId, repository: target.repositoryName };
  await executions.send(
    new StartExecutionCommand({
      stateMachineArn: process.env.MERGEGATE_STATE_MACHINE_ARN,
      name,
      input: JSON.stringify({ version: 1, request }),
    }),
  );
  return { started: name };
}
