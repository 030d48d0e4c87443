/**
 * `cdk deploy` that also puts right what has drifted. CloudFormation leaves alone what has not changed in the template: so what it
 * made itself is compared with the account, and the custom resources are told something that they were not told before.
 */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

const ROOT = resolve(__dirname, '../..');
const cdk = resolve(ROOT, 'cdk/node_modules/.bin/cdk');
const now = new Date().toISOString();
const parameters = ['deploy', '--revert-drift', '--context', `repair=${now}`, ...process.argv.slice(2)];
process.exitCode = spawnSync(cdk, parameters, { cwd: ROOT, stdio: 'inherit' }).status ?? 1;
