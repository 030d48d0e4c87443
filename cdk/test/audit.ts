/**
 * Known vulnerabilities in what is deployed: the SDK clients that are bundled into the deployment's function. Without the
 * registry nothing can be said of them; that is told loudly and fails nothing.
 */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

import { readAudit } from './support/audit';

const { stdout } = spawnSync('npm', ['audit', '--json', '--omit=dev', '--fetch-retries=1'], {
  cwd: resolve(__dirname, '..'),
  encoding: 'utf8',
});
const audit = readAudit(stdout);
if ('unasked' in audit) {
  console.error(
    `WARNING: the npm registry could not be asked for advisories (${audit.unasked}).\n` +
      'WARNING: what is deployed was NOT checked for known vulnerabilities.',
  );
} else if (audit.faults.length > 0) {
  console.error(audit.faults.map((fault) => `error: ${fault}`).join('\n'));
  console.error(
    'help: raise the version in cdk/package.json, or give the reason in cdk/test/support/audit.ts',
  );
  process.exitCode = 1;
}
