import assert from 'node:assert/strict';
import { test } from 'node:test';

import { summary } from './cart.js';

test('an empty cart says so', () => {
  assert.equal(summary([]), 'Your cart is empty');
});

test('the total of a cart has its cents', () => {
  const items = [
    { count: 2, cents: 1050 },
    { count: 1, cents: 900 },
  ];
  assert.equal(summary(items), 'Total: 30.00');
});
