import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import { faults } from '../src/password-policy.js';

const ann = { userName: 'ann' };

describe('password policy', () => {
  it('accepts a long sentence', () => {
    assert.deepEqual(faults('seven small ships sail', ann), []);
  });

  it('accepts letters of any language', () => {
    assert.deepEqual(faults('żółw śpi tu 🐢', ann), []);
  });

  describe('refuses', () => {
    it('a short password', () => {
      assert.deepEqual(faults('x7!kQ', ann), ['has 5 characters, at least 12 are needed']);
    });

    it('a password that is long only in bytes', () => {
      assert.deepEqual(faults('żółw śpi 🐢🐢', ann), ['has 11 characters, at least 12 are needed']);
    });

    it('an endless password', () => {
      assert.deepEqual(faults('abcdefgh'.repeat(17), ann), ['has 136 characters, at most 128 are possible']);
    });

    it('the user name in any case', () => {
      assert.deepEqual(faults('I am ANN of Green Gables', ann), ['contains the user name']);
    });

    it('a common password with decoration', () => {
      assert.deepEqual(faults('Correct-Horse-Battery-Staple!', ann), ['is one of the most common passwords']);
    });

    it('the empty password, for every reason at once', () => {
      assert.deepEqual(faults('', ann), ['has 0 characters, at least 12 are needed', 'repeats a few characters']);
    });
  });
});
