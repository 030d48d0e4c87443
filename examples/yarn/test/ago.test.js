import assert from 'node:assert/strict';

import { ago } from '../src/ago.js';

describe('ago', () => {
  it('does not count seconds', () => {
    assert.equal(ago(59), 'just now');
  });

  it('has a singular', () => {
    assert.equal(ago(60), '1 minute ago');
    assert.equal(ago(7200), '2 hours ago');
  });

  it('counts whole units alone', () => {
    assert.equal(ago(86400 + 86399), '1 day ago');
  });
});
