/**
 * `cdk destroy`, after saying on the terminal which open pull requests keep the gate's rule: CloudFormation does not pass
 * on what a custom resource says when it succeeds, and the function's log goes with the stack.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { CodeCommitClient } from '@aws-sdk/client-codecommit';

import { contextArguments, readContext } from '../lib/context';
import { instructions, lockedBy, type Locked } from '../lib/deployment/approval-rules';
import { CodeCommit } from '../lib/deployment/sdk-code-host';
import { approvalRule } from '../lib/names';

const ROOT = resolve(__dirname, '../..');

async function main(parameters: readonly string[]): Promise<number> {
  // npm starts scripts in the folder of package.json; paths of the context are seen from the one of cdk.json.
  process.chdir(ROOT);
  const { context } = JSON.parse(readFileSync('cdk.json', 'utf8')) as { context: object };
  const settings = readContext({ ...context, ...contextArguments(parameters) });
  const host = new CodeCommit(new CodeCommitClient({ region: settings.region }));
  const locked: Locked[] = [];
  for (const name of settings.repositories) {
    locked.push(...(await lockedBy(host, { name, approvalRule: approvalRule(settings.serviceName, name) })));
  }
  if (locked.length > 0) {
    console.error(`note: once the gate is gone, ${instructions(locked)}`);
  }
  const cdk = resolve(ROOT, 'cdk/node_modules/.bin/cdk');
  return spawnSync(cdk, ['destroy', ...parameters], { stdio: 'inherit' }).status ?? 1;
}

main(process.argv.slice(2))
  .then((status) => {
    process.exitCode = status;
  })
  .catch((error: unknown) => {
    console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  });
