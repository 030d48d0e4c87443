/** The whole template, so that no change of it goes unseen. `UPDATE_SNAPSHOT=1 npm run unit` writes it anew. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';

import { deployedStack, templateOf } from './support/synth';

const SNAPSHOT = resolve(__dirname, 'snapshot/mergegate.template.json');

test('the template is the one that was reviewed', () => {
  const template = JSON.stringify(stable(templateOf(deployedStack())), undefined, 2) + '\n';
  if (process.env.UPDATE_SNAPSHOT === '1') {
    writeFileSync(SNAPSHOT, template);
  }
  assert.equal(template, readFileSync(SNAPSHOT, 'utf8'));
});

/** Hashes of assets change with every line of code; the definition of the state machine has its own tests. */
function stable(value: unknown): unknown {
  if (typeof value === 'string') {
    return value.replace(/\b[0-9a-f]{64}(?=\.zip$)/, '<hash>');
  }
  if (Array.isArray(value)) {
    return value.map(stable);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  const entries = Object.entries(value).map(([key, item]) =>
    key === 'DefinitionString' ? [key, '<gate.asl.json>'] : [key, stable(item)],
  );
  return Object.fromEntries(entries) as unknown;
}
