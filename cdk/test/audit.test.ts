/** What npm knows of vulnerabilities stops a release, unless nobody could be asked. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { readAudit } from './support/audit';

function report(severity: string): string {
  const advisory = {
    source: 1,
    name: 'left-pad',
    title: 'Pads too much',
    url: 'https://github.com/advisories/GHSA-xxxx-yyyy-zzzz',
    severity,
  };
  const vulnerabilities = { 'left-pad': { via: [advisory] }, 'uses-it': { via: ['left-pad'] } };
  return JSON.stringify({ auditReportVersion: 2, vulnerabilities });
}

test('a severe advisory is a fault with its address', () => {
  const expected = 'left-pad: Pads too much (high), https://github.com/advisories/GHSA-xxxx-yyyy-zzzz';
  assert.deepEqual(readAudit(report('high')), { faults: [expected] });
});

test('a lesser one, and one whose reason is written down, are none', () => {
  assert.deepEqual(readAudit(report('moderate')), { faults: [] });
  assert.deepEqual(readAudit(report('critical'), { 'GHSA-xxxx-yyyy-zzzz': 'never called' }), { faults: [] });
  assert.deepEqual(readAudit('{"auditReportVersion":2,"vulnerabilities":{}}'), { faults: [] });
});

test('a registry that cannot be asked is no fault, and says so', () => {
  const message = 'request to https://registry.npmjs.org failed';
  assert.deepEqual(readAudit(JSON.stringify({ message })), { unasked: message });
  assert.deepEqual(readAudit('npm error'), { unasked: 'npm printed no JSON: npm error' });
});
