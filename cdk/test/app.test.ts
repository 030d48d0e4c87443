/** The app as the CDK command line starts it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';

import { contextOfCdkJson, LAMBDA_DIRECTORY } from './support/synth';

const APP = resolve(__dirname, '../bin/mergegate.ts');

interface Ended {
  readonly status: number | null;
  readonly said: string;
  readonly template: boolean;
}

/** Runs the app with what the command line would hand to it. */
function run(context: Record<string, unknown>, environment: Record<string, string> = {}): Ended {
  const output = mkdtempSync(join(tmpdir(), 'mergegate-app-'));
  try {
    const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', APP], {
      cwd: resolve(__dirname, '..'),
      encoding: 'utf8',
      env: {
        ...process.env,
        CDK_OUTDIR: output,
        CDK_CONTEXT_JSON: JSON.stringify({ ...contextOfCdkJson(), ...context }),
        ...environment,
      },
    });
    return { status, said: stderr, template: existsSync(join(output, 'Mergegate.template.json')) };
  } finally {
    rmSync(output, { recursive: true });
  }
}

test('with compiled functions the app writes a template', () => {
  const { status, said, template } = run({
    lambdaDirectory: LAMBDA_DIRECTORY,
    'aws:cdk:bundling-stacks': [],
  });
  assert.equal(said, '');
  assert.equal(status, 0);
  assert.ok(template);
});

test('refuses a wrong context in one sentence, without a stack trace', () => {
  const { status, said } = run({ region: 'Frankfurt' });
  assert.equal(status, 1);
  assert.equal(
    said,
    'error: the context cannot be used:\n' +
      '- `region` is `"Frankfurt"`: write a Region, for example `eu-central-1`, in `context` of cdk.json, or with `-c`\n',
  );
});

test('refuses to compile without cargo-lambda, and says where to get it', () => {
  const { status, said } = run({}, { PATH: '' });
  assert.equal(status, 1);
  assert.equal(
    said,
    'error: `cargo lambda` is not installed, so the functions cannot be compiled: install it with `pip3 install cargo-lambda` ' +
      '(it brings the cross-compiler along), or name a directory with compiled functions, `-c lambdaDirectory=target/lambda`\n',
  );
});
