import assert from 'node:assert/strict';
import { test } from 'node:test';

import { format } from './money.js';

test('thousands are grouped', () => {
  assert.equal(format(123456), '1,234.56');
});

test('cents have two digits', () => {
  assert.equal(format(1205), '12.05');
});
