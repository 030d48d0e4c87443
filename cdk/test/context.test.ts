/** What cdk.json may say, and how everything else is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { contextArguments, readContext } from '../lib/context';
import { contextOfCdkJson } from './support/synth';

const RIGHT = {
  accountId: '123456789012',
  region: 'eu-central-1',
  serviceName: 'mergegate',
  repositoryName: 'shop',
};

function refusal(context: Record<string, unknown>): string {
  try {
    readContext(context);
  } catch (error) {
    return (error as Error).message;
  }
  return 'nothing was refused';
}

test('cdk.json as it comes can be synthesised', () => {
  assert.deepEqual(readContext(contextOfCdkJson()).repositories, ['my-repository']);
});

test('one repository, several, or several with commas from the command line', () => {
  const rest = { ...RIGHT, repositoryName: undefined };
  assert.deepEqual(readContext(RIGHT).repositories, ['shop']);
  assert.deepEqual(readContext({ ...rest, repositories: ['shop', 'docs'] }).repositories, ['shop', 'docs']);
  assert.deepEqual(readContext({ ...rest, repositories: 'shop, docs' }).repositories, ['shop', 'docs']);
});

test('a VPC is named by ids, with security groups or without', () => {
  const place = { vpcId: 'vpc-1', subnetIds: 'subnet-1, subnet-2' };
  assert.deepEqual(readContext(RIGHT).network, undefined);
  const network = { vpcId: 'vpc-1', subnetIds: ['subnet-1', 'subnet-2'], securityGroupIds: [] };
  assert.deepEqual(readContext({ ...RIGHT, ...place }).network, network);
  const named = readContext({ ...RIGHT, ...place, securityGroupIds: ['sg-1'] }).network;
  assert.deepEqual(named?.securityGroupIds, ['sg-1']);
});

test("CDK's own keys pass", () => {
  const context = { ...RIGHT, '@aws-cdk/core:checkSecretUsage': true, 'aws:cdk:bundling-stacks': ['**'] };
  assert.equal(readContext(context).serviceName, 'mergegate');
});

test('refuses an empty context with every key that is missing', () => {
  assert.equal(
    refusal({}),
    [
      'the context cannot be used:',
      '- `repositoryName` is missing: write the name of a CodeCommit repository, or several in `repositories`, in `context` of cdk.json, or with `-c`',
      '- `accountId` is missing: write the 12 digits of an AWS account, in quotes, in `context` of cdk.json, or with `-c`',
      '- `region` is missing: write a Region, for example `eu-central-1`, in `context` of cdk.json, or with `-c`',
      '- `serviceName` is missing: write a short name, for example `mergegate`, in `context` of cdk.json, or with `-c`',
    ].join('\n'),
  );
});

/** A context, and what is said about it. */
const REFUSED: [string, Record<string, unknown>, RegExp][] = [
  ['an account that lost its zeros', { accountId: 12345 }, /`accountId` is `12345`: write the 12 digits/],
  ['a Region that is none', { region: 'Frankfurt' }, /`region` is `"Frankfurt"`: write a Region/],
  ['a service name with a dot', { serviceName: 'my.gate' }, /`serviceName` is `my\.gate`: write lower-case/],
  ['a service name too long', { serviceName: 'g'.repeat(33) }, /33 characters long: write at most 32/],
  ['a service name with capitals', { serviceName: 'Gate' }, /`serviceName` is `Gate`/],
  ['a service name that looks like a project', { serviceName: 'gate-pr' }, /leave out the part `pr`/],
  [
    'a repository by its URL',
    { repositoryName: 'https://x/shop' },
    /has `https:\/\/x\/shop`: write the name/,
  ],
  ['a repository beside repositories', { repositories: ['shop'] }, /are both there: write one of them/],
  ['a branch by its reference', { destinations: ['refs/heads/main'] }, /without `refs\/heads\/`/],
  ['branches by a pattern', { destinations: 'release/*' }, /without wildcards/],
  [
    'an architecture that is none',
    { architecture: 'arm' },
    /`architecture` is `"arm"`: write `arm64` or `x86_64`/,
  ],
  [
    'compiled functions that are not there',
    { lambdaDirectory: '/nowhere' },
    /`lambdaDirectory` is `"\/nowhere"`/,
  ],
  ['a role by its name', { breakGlassRoleArn: 'admin' }, /write the ARN of a role/],
  ['subnets without a VPC', { subnetIds: ['subnet-1'] }, /`subnetIds` belongs to a VPC: name it in `vpcId`/],
  [
    'a VPC by its name',
    { vpcId: 'main', subnetIds: 'subnet-1' },
    /`vpcId` is `"main"`: write the id of a VPC/,
  ],
  ['a VPC without subnets', { vpcId: 'vpc-1' }, /`subnetIds` is missing: write the subnets of the VPC/],
  ['a subnet that is none', { vpcId: 'vpc-1', subnetIds: 'vpc-2' }, /`subnetIds` has `vpc-2`: write ids/],
  [
    'more security groups than CodeBuild takes',
    { vpcId: 'vpc-1', subnetIds: 'subnet-1', securityGroupIds: 'sg-1,sg-2,sg-3,sg-4,sg-5,sg-6' },
    /`securityGroupIds` has 6 entries: CodeBuild takes 1 to 5/,
  ],
  [
    'a key that nobody knows',
    { repository: 'shop' },
    /`repository` \(found `"shop"`\) is not known: write one of/,
  ],
];

for (const [what, change, words] of REFUSED) {
  test(`refuses ${what}`, () => {
    assert.match(refusal({ ...RIGHT, ...change }), words);
  });
}

test('refuses more branches than an approval rule has room for', () => {
  const destinations = Array.from({ length: 60 }, (_, place) => `release/of-the-year-${place}/candidates`);
  assert.match(
    refusal({ ...RIGHT, destinations }),
    /`destinations` has 60 entries, with which an approval rule takes 3\d{3} characters: CodeCommit takes 3000, gate fewer/,
  );
});

test('refuses a list of repositories with one of them twice, and an empty one', () => {
  const rest = { ...RIGHT, repositoryName: undefined };
  assert.match(refusal({ ...rest, repositories: ['shop', 'shop'] }), /has `shop` twice/);
  assert.match(refusal({ ...rest, repositories: [] }), /is empty: name at least one/);
  assert.match(refusal({ ...rest, repositories: 7 }), /`repositories` is `7`: write a list of names/);
});

test('what the command line says is read as CDK reads it', () => {
  const parameters = ['--force', '-c', 'serviceName=other', '--context=repositoryName=a=b', 'Mergegate'];
  assert.deepEqual(contextArguments(parameters), { serviceName: 'other', repositoryName: 'a=b' });
});
