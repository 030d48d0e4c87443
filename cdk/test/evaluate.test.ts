/** The evaluator of policies, against what the reference of IAM says of each element. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { decide, type Request } from './support/evaluate';
import { statementsOf, type Statement } from './support/iam';

const KEY = 'arn:aws:kms:eu-central-1:123456789012:key/1';
const READ: Request = { action: 'kms:Decrypt', resource: KEY, context: {} };

function policy(...statements: Record<string, unknown>[]): Statement[] {
  return statementsOf({ Statement: statements });
}

function allow(rest: Record<string, unknown> = {}): Record<string, unknown> {
  return { Effect: 'Allow', Action: 'kms:*', Resource: '*', ...rest };
}

function under(condition: Record<string, unknown>, context: Request['context']): boolean {
  return decide({ identity: policy(allow({ Condition: condition })) }, { ...READ, context }).allowed;
}

test('what nobody allows is not allowed, and a Deny counts more than any Allow', () => {
  const denial = { Effect: 'Deny', Action: 'kms:decrypt', Resource: KEY, Sid: 'No' };
  assert.deepEqual(decide({ identity: [] }, READ), { allowed: false });
  assert.deepEqual(decide({ identity: policy(allow()) }, READ), { allowed: true });
  const decision = decide({ identity: policy(allow(), denial) }, READ);
  assert.equal(!decision.allowed && decision.deniedBy?.sid, 'No');
  const byResource = decide({ identity: policy(allow()), resource: policy(denial) }, READ);
  assert.equal(byResource.allowed, false);
});

test('NotAction and NotResource are about everything else', () => {
  const but = (rest: Record<string, unknown>): boolean =>
    decide({ identity: policy(allow(), { Effect: 'Deny', ...rest }) }, READ).allowed;
  assert.equal(but({ NotAction: ['s3:GetObject'], Resource: '*' }), false);
  assert.equal(but({ NotAction: ['s3:GetObject', 'kms:D*'], Resource: '*' }), true);
  assert.equal(but({ Action: 'kms:*', NotResource: KEY }), true);
  assert.equal(but({ Action: 'kms:*', NotResource: `${KEY}2` }), false);
});

test('a wildcard stays within its part of an ARN, and reaches over colons in the last one', () => {
  const on = (pattern: string, resource: string): boolean =>
    decide(
      { identity: policy(allow({ Resource: pattern, Action: 'logs:*' })) },
      { action: 'logs:A', resource },
    ).allowed;
  const stream = 'arn:aws:logs:eu-central-1:123456789012:log-group:/a:log-stream:b/1';
  assert.ok(on('arn:aws:logs:eu-central-1:123456789012:log-group:/a:*', stream));
  assert.ok(on('arn:aws:logs:*:123456789012:log-group:/a:log-stream:?/1', stream));
  assert.ok(!on('arn:aws:*:log-group:/a:log-stream:b/1', stream));
  assert.ok(!on('arn:aws:logs:eu-central-1:123456789012:log-group:/a', stream));
  assert.ok(!on('arn:aws:logs:*:*:*', '*'), 'an action without resource needs the star itself');
});

test('a key that the request has not: equal to nothing, unequal to everything', () => {
  assert.equal(under({ StringEquals: { 'kms:ViaService': 'a' } }, {}), false);
  assert.equal(under({ StringNotEquals: { 'kms:ViaService': 'a' } }, {}), true);
  assert.equal(under({ StringEqualsIfExists: { 'kms:ViaService': 'a' } }, {}), true);
  assert.equal(under({ StringEqualsIfExists: { 'kms:ViaService': 'a' } }, { 'kms:ViaService': 'b' }), false);
  assert.equal(under({ Null: { 'kms:ViaService': 'true' } }, {}), true);
  assert.equal(under({ Null: { 'kms:ViaService': 'false' } }, {}), false);
  assert.equal(under({ 'ForAllValues:StringEquals': { 'aws:TagKeys': 'a' } }, {}), true);
  assert.equal(under({ 'ForAnyValue:StringEquals': { 'aws:TagKeys': 'a' } }, {}), false);
});

test('values are alternatives, keys and operators all have to hold', () => {
  const via = { 'KMS:viaservice': 's3' };
  assert.equal(under({ StringEquals: { 'kms:ViaService': ['s2', 's3'] } }, via), true);
  assert.equal(under({ StringNotEquals: { 'kms:ViaService': ['s2', 's3'] } }, via), false);
  assert.equal(
    under({ StringLike: { 'kms:ViaService': 's?' }, Bool: { 'aws:SecureTransport': 'true' } }, via),
    false,
  );
  const account = 'arn:aws:iam::123456789012:role/a';
  assert.equal(
    under({ ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/*' } }, { 'aws:PrincipalArn': account }),
    true,
  );
  assert.equal(
    under({ ArnNotEquals: { 'aws:PrincipalArn': account } }, { 'aws:PrincipalArn': account }),
    false,
  );
});

test('sets: every value, or any of them', () => {
  const keys = { 'aws:TagKeys': ['a', 'b'] };
  assert.equal(under({ 'ForAllValues:StringEquals': { 'aws:TagKeys': ['a', 'b', 'c'] } }, keys), true);
  assert.equal(under({ 'ForAllValues:StringEquals': { 'aws:TagKeys': 'a' } }, keys), false);
  assert.equal(under({ 'ForAnyValue:StringEquals': { 'aws:TagKeys': 'a' } }, keys), true);
  assert.equal(under({ 'ForAnyValue:StringNotEquals': { 'aws:TagKeys': ['a', 'b'] } }, keys), false);
  assert.throws(() => under({ StringEquals: { 'aws:TagKeys': 'a' } }, keys), /needs a word of sets/);
});

test('nothing is allowed beyond a boundary, and a resource of the account can allow by itself', () => {
  const identity = policy(allow());
  const boundary = policy(allow({ Action: 's3:*' }));
  assert.deepEqual(decide({ identity, boundary }, READ), { allowed: false, beyondBoundary: true });
  assert.deepEqual(decide({ identity: [], resource: policy(allow()) }, READ), { allowed: true });
});

test('refuses to guess what an operator means', () => {
  assert.throws(() => under({ IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } }, {}), /`IpAddress` is not known/);
});
