import assert from 'node:assert/strict';
import { test } from 'node:test';

import { line } from './invoice.js';

test('amounts stand below each other', () => {
  assert.equal(line('Shoes', 9900), 'Shoes                    99.00');
  assert.equal(line('Laces', 250), 'Laces                     2.50');
});
