/** What the custom resource does to an account, told as stories. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { CodeCommitClient } from '@aws-sdk/client-codecommit';
import { IAMClient } from '@aws-sdk/client-iam';

import { lockedBy } from '../lib/deployment/approval-rules';
import { deploy } from '../lib/deployment/deploy';
import type { DeploymentProperties } from '../lib/deployment/properties';
import { orLate } from '../lib/deployment/handler';
import type { Answer } from '../lib/deployment/answer';
import { SdkAccount } from '../lib/deployment/sdk-account';
import { CodeCommit } from '../lib/deployment/sdk-code-host';
import { inTime } from '../lib/deployment/watch';
import { FakeClock, fakeAws, type FakeAws } from './support/fake-aws';

const APPROVER = 'arn:aws:sts::123456789012:assumed-role/mergegate-reporter-eu-central-1/*';
const RULE = 'mergegate-shop';
const POLICY = 'arn:aws:iam::123456789012:policy/mergegate-protect-branches-eu-central-1';
const SECOND = POLICY.replace('-branches-', '-branches-2-');

const PROPERTIES: DeploymentProperties = {
  service: 'mergegate',
  stateMachineArn: 'arn:aws:states:eu-central-1:123456789012:stateMachine:mergegate',
  rules: ['mergegate-pullRequest', 'mergegate-sweep'],
  bucket: 'artifacts',
  policyArns: [POLICY],
  approver: APPROVER,
  destinations: [],
  repositories: [{ name: 'shop', approvalRule: RULE }],
};

function shop(clock?: FakeClock): FakeAws {
  const aws = fakeAws(clock);
  aws.host.addRepository('shop', 'main');
  return aws;
}

const create = (aws: FakeAws, properties = PROPERTIES) => deploy(aws, { type: 'Create', properties });
const remove = (aws: FakeAws, properties = PROPERTIES) => deploy(aws, { type: 'Delete', properties });

test('pull requests to come get a rule that only the reporter satisfies', async () => {
  const aws = shop();
  await create(aws);
  const template = aws.host.templates.get(RULE);
  assert.deepEqual(JSON.parse(template?.content ?? ''), {
    Version: '2018-11-08',
    DestinationReferences: ['refs/heads/main'],
    Statements: [{ Type: 'Approvers', NumberOfApprovalsNeeded: 1, ApprovalPoolMembers: [APPROVER] }],
  });
  assert.deepEqual([...(template?.repositories ?? [])], ['shop']);
});

test('pull requests that are open already get the same rule, those to other branches do not', async () => {
  const aws = shop();
  aws.host.open('shop', '7');
  aws.host.open('shop', '8', 'refs/heads/experiment');
  await create(aws);
  const [rule] = aws.host.rules('7');
  assert.equal(rule?.name, RULE);
  assert.deepEqual(JSON.parse(rule.content), {
    Version: '2018-11-08',
    Statements: [{ Type: 'Approvers', NumberOfApprovalsNeeded: 1, ApprovalPoolMembers: [APPROVER] }],
  });
  assert.deepEqual(aws.host.rules('8'), []);
});

test('deploying twice changes nothing', async () => {
  const aws = shop();
  aws.host.open('shop', '7');
  await create(aws);
  await create(aws);
  assert.equal(aws.host.rules('7').length, 1);
  assert.equal(aws.host.templates.size, 1);
});

test('a changed destination reaches the template and the pull requests that are open', async () => {
  const aws = shop();
  aws.host.open('shop', '7');
  aws.host.open('shop', '8', 'refs/heads/release');
  await create(aws);
  const properties = { ...PROPERTIES, destinations: ['release'] };
  await deploy(aws, { type: 'Update', properties, before: PROPERTIES });
  assert.match(
    aws.host.templates.get(RULE)?.content ?? '',
    /"DestinationReferences":\["refs\/heads\/release"\]/,
  );
  assert.deepEqual(aws.host.rules('7'), []);
  assert.equal(aws.host.rules('8').length, 1);
});

test('another reporter replaces the one in rules that can be edited', async () => {
  const aws = shop();
  aws.host.open('shop', '7');
  await create(aws);
  const approver = 'arn:aws:sts::123456789012:assumed-role/other/*';
  await deploy(aws, { type: 'Update', properties: { ...PROPERTIES, approver }, before: PROPERTIES });
  assert.match(aws.host.rules('7')[0]?.content ?? '', /assumed-role\/other/);
});

test('a repository that leaves the list is let go of', async () => {
  const aws = shop();
  aws.host.addRepository('docs', 'main');
  const before = {
    ...PROPERTIES,
    repositories: [...PROPERTIES.repositories, { name: 'docs', approvalRule: 'mergegate-docs' }],
  };
  await create(aws, before);
  aws.host.open('docs', '9');
  const { reason } = await deploy(aws, { type: 'Update', properties: PROPERTIES, before });
  assert.deepEqual([...aws.host.templates.keys()], [RULE]);
  assert.match(reason ?? '', /docs #9/);
});

const SHOP_AND_DOCS = {
  ...PROPERTIES,
  repositories: [...PROPERTIES.repositories, { name: 'docs', approvalRule: 'mergegate-docs' }],
};

test('the environments of a repository that leaves the list go, those of the others stay', async () => {
  const aws = busy();
  const { account, host } = aws;
  host
    .addRepository('docs', 'main')
    .branches.add('main')
    .add('mergegate/pr-9/1a2b3c4d')
    .add('mergegate/pr-99/0');
  host.open('shop', '7');
  host.open('docs', '9');
  account.executions.add('arn:aws:states:::execution:mergegate:pr-7-a-b-1');
  account.executions.add('arn:aws:states:::execution:mergegate:pr-9-a-b-1');
  const remembered = '/mergegate/mergegate/pull-requests';
  for (const [id, repository] of [
    ['7', 'shop'],
    // It is closed, and its environment is still there.
    ['8', 'docs'],
    ['9', 'docs'],
  ] as const) {
    account.builds_.set(`mergegate-pr-${id}`, new Map([[`mergegate-pr-${id}:1`, 'running']]));
    account.reportGroups_.add(`arn:aws:codebuild:::report-group/mergegate-pr-${id}-0a1b2c3d-unit`);
    account.parameters_.set(`${remembered}/${id}/environment`, JSON.stringify({ version: 1, repository }));
    account.parameters_.set(`${remembered}/${id}/run`, '{}');
  }
  account.parameters_.set('/mergegate/mergegate/repositories/docs/durations', '{}');
  await create(aws, SHOP_AND_DOCS);
  await deploy(aws, { type: 'Update', properties: PROPERTIES, before: SHOP_AND_DOCS });
  assert.deepEqual([...account.builds_.keys()], ['mergegate-pr-7', 'nightly']);
  assert.ok([...account.reportGroups_].every((group) => group.includes('-pr-7-')));
  assert.deepEqual(
    [...account.parameters_.keys()].filter((name) => name.includes('/8/') || name.includes('/9/')),
    [],
  );
  assert.ok(account.parameters_.has(`${remembered}/7/environment`));
  assert.ok(account.parameters_.has('/mergegate/mergegate/repositories/shop/durations'));
  assert.ok(!account.parameters_.has('/mergegate/mergegate/repositories/docs/durations'));
  assert.ok(account.executions.has('arn:aws:states:::execution:mergegate:pr-7-a-b-1'));
  assert.ok(!account.executions.has('arn:aws:states:::execution:mergegate:pr-9-a-b-1'));
  assert.deepEqual([...(host.repositories.get('docs')?.branches ?? [])], ['main', 'mergegate/pr-99/0']);
  assert.deepEqual([...account.enabledRules], PROPERTIES.rules);
});

test('a deployment that is told something new puts right what has drifted', async () => {
  const aws = shop();
  const parameter = '/mergegate/mergegate/repositories/shop/settings';
  const properties = { ...PROPERTIES, settings: [{ parameter, value: '{"version":1}' }] };
  aws.host.open('shop', '7');
  await create(aws, properties);
  aws.host.templates.delete(RULE);
  aws.account.parameters_.set(parameter, '{"version":1,"image":"mine"}');
  await aws.host.updateRule('7', RULE, 'nobody');
  const shopRepository = aws.host.repositories.get('shop');
  assert.ok(shopRepository);
  shopRepository.defaultBranch = 'trunk';
  aws.host.open('shop', '8', 'refs/heads/trunk');

  await deploy(aws, { type: 'Update', properties: { ...properties, repair: 'now' }, before: properties });
  assert.match(
    aws.host.templates.get(RULE)?.content ?? '',
    /"DestinationReferences":\["refs\/heads\/trunk"\]/,
  );
  assert.equal(aws.account.parameters_.get(parameter), '{"version":1}');
  assert.deepEqual(aws.host.rules('7'), []);
  assert.equal(aws.host.rules('8').length, 1);
  aws.account.parameters_.delete(parameter);
  await deploy(aws, { type: 'Update', properties: { ...properties, repair: 'later' }, before: properties });
  assert.equal(aws.account.parameters_.get(parameter), '{"version":1}');
});

test('the gated references are told to the policy', async () => {
  const aws = shop();
  const properties = { service: 'mergegate', destinations: [], repositories: ['shop'] };
  const { attributes } = await deploy(aws, { type: 'ReadReferences', properties });
  assert.deepEqual(attributes, { References0: 'refs/heads/main' });
});

test('refuses a repository that does not exist, and one without a commit', async () => {
  const aws = fakeAws();
  await assert.rejects(create(aws), /the repository `shop` does not exist/);
  aws.host.addRepository('shop');
  await assert.rejects(create(aws), /no default branch yet: push a first commit, or name `destinations`/);
});

test('refuses a misspelt repository also when destinations are named', async () => {
  const properties = { ...PROPERTIES, destinations: ['main'] };
  await assert.rejects(create(fakeAws(), properties), /the repository `shop` does not exist/);
});

/** An account in the middle of its work. */
function busy(clock?: FakeClock): FakeAws {
  const aws = shop(clock);
  const { account, host } = aws;
  PROPERTIES.rules.forEach((rule) => account.enabledRules.add(rule));
  account.executions.add('arn:aws:states:::execution:mergegate:pr-7');
  account.builds_.set('mergegate-pr-7', new Map([['mergegate-pr-7:1', 'running']]));
  account.builds_.set('nightly', new Map([['nightly:1', 'running']]));
  account.reportGroups_.add('arn:aws:codebuild:::report-group/mergegate-pr-7-junit');
  account.parameters_.set('/mergegate/mergegate/pull-requests/7/run', '{}');
  account.parameters_.set('/mergegate/mergegate/repositories/shop/durations', '{}');
  account.parameters_.set('/mergegate/mergegate/repositories/shop/settings', '{}');
  account.parameters_.set('/mergegate/mergegate/repositories/shop/rules-0123456789abcdef', '{}');
  account.parameters_.set('/mergegate/mergegate/repositories/shop/moves-0123456789abcdef', '{}');
  account.objects.set('artifacts', ['builds/7/app.zip']);
  account.attach(POLICY, 'user/ann');
  host.repositories
    .get('shop')
    ?.branches.add('main')
    .add('mergegate/pr-7/1a2b3c4d')
    .add('mergegate/pr-99/1a2b3c4d');
  return aws;
}

test('destroying stops what runs and leaves nothing of the gate behind', async () => {
  const aws = busy();
  await create(aws);
  await remove(aws);
  const { account, host } = aws;
  assert.deepEqual([...account.enabledRules], []);
  assert.deepEqual([...account.executions], []);
  assert.deepEqual([...account.builds_.keys()], ['nightly']);
  assert.deepEqual([...account.reportGroups_], []);
  // CloudFormation itself deletes the settings.
  assert.deepEqual([...account.parameters_.keys()], ['/mergegate/mergegate/repositories/shop/settings']);
  assert.deepEqual([...account.objects.keys()], []);
  assert.deepEqual(await account.holders(POLICY), []);
  assert.deepEqual([...host.templates.keys()], []);
});

test('destroying touches no preview branch of another service', async () => {
  const aws = busy();
  await remove(aws);
  assert.deepEqual(
    [...(aws.host.repositories.get('shop')?.branches ?? [])],
    ['main', 'mergegate/pr-99/1a2b3c4d'],
  );
});

test('destroying finds what a dying run still makes', async () => {
  const aws = busy();
  aws.account.whileStopping = () => {
    aws.account.builds_.set('mergegate-pr-8', new Map());
  };
  await remove(aws);
  assert.deepEqual([...aws.account.builds_.keys()], ['nightly']);
});

test('destroying stops a run that starts while others are stopped', async () => {
  const aws = busy();
  aws.account.whileStopping = () => {
    aws.account.whileStopping = () => undefined;
    aws.account.executions.add('arn:aws:states:::execution:mergegate:pr-8');
  };
  await remove(aws);
  assert.deepEqual([...aws.account.executions], []);
});

test('destroying says which open pull requests only an override can merge', async () => {
  const aws = shop();
  aws.host.open('shop', '7');
  await create(aws);
  aws.host.open('shop', '8');
  const [repository] = PROPERTIES.repositories;
  assert.ok(repository);
  assert.equal((await lockedBy(aws.host, repository)).map(({ pullRequest }) => pullRequest).join(), '8');
  const { reason } = await remove(aws);
  assert.deepEqual(aws.host.rules('7'), []);
  assert.equal(
    reason,
    'these open pull requests keep an approval rule that CodeCommit cannot delete, because a template made it: shop #8. ' +
      'To merge one, override it: aws codecommit override-pull-request-approval-rules --override-status OVERRIDE ' +
      '--pull-request-id <id> --revision-id <revision>',
  );
  assert.ok(aws.said.includes(reason));
});

test('destroying withdraws the rules and says from which permission set the policy has to be taken', async () => {
  const aws = busy();
  await create(aws);
  aws.account.attach(POLICY, 'role/AWSReservedSSO_Developers_0123456789abcdef');
  await assert.rejects(
    remove(aws),
    new RegExp(
      'the policy `arn:aws:iam::123456789012:policy/mergegate-protect-branches-eu-central-1` is still attached to ' +
        'the permission set `Developers` \\(role `AWSReservedSSO_Developers_0123456789abcdef`\\), which only IAM Identity Center ' +
        'can change: take the policy out there, provision the permission set anew, and run `cdk destroy` again',
    ),
  );
  assert.deepEqual([...aws.host.templates.keys()], []);
  assert.deepEqual([...aws.account.builds_.keys()], ['nightly']);
  assert.deepEqual(await aws.account.holders(POLICY), ['role/AWSReservedSSO_Developers_0123456789abcdef']);
  aws.account.attached.clear();
  assert.deepEqual(await remove(aws), {});
});

test('destroying twice, or what was never there, is no error', async () => {
  const aws = busy();
  await remove(aws);
  assert.deepEqual(await remove(aws), {});
  assert.deepEqual(await remove(fakeAws()), {});
});

test('fails in time when builds do not end, and says how to go on', async () => {
  const aws = busy(new FakeClock(60_000));
  aws.account.stopBuild = () => Promise.resolve();
  await assert.rejects(remove(aws), /time is up while 1 builds are ending: run the same command again/);
  assert.deepEqual([...aws.account.enabledRules], []);
});

/** The clock stands still but for what `method` of the account or CodeCommit takes. */
function slow(aws: FakeAws, part: 'host' | 'account', method: string, milliseconds: number): FakeAws {
  const { clock } = aws;
  const target = aws[part] as unknown as Record<string, (...words: unknown[]) => unknown>;
  const own = target[method]?.bind(target);
  target[method] = async (...words) => {
    await clock.sleep(milliseconds);
    return own?.(...words);
  };
  return aws;
}

const MANY = Array.from({ length: 50 }, (_, place) => ({
  name: `team-${place}`,
  approvalRule: `mergegate-team-${place}`,
}));

for (const [what, part, method, words] of [
  [
    'putting rules in place',
    'host',
    'associate',
    /time is up while the approval rule of `team-\d+` is put in place: .*fewer/,
  ],
  ['comparing settings', 'account', 'parameter', /time is up while settings of repositories are compared/],
] as const) {
  test(`fails in time and in words when ${what} takes too long`, async () => {
    const aws = slow(fakeAws(new FakeClock(600_000)), part, method, 44_000);
    MANY.forEach(({ name }) => aws.host.addRepository(name, 'main'));
    const settings = MANY.map(({ name }) => ({ parameter: `/mergegate/${name}/settings`, value: '{}' }));
    await assert.rejects(create(aws, { ...PROPERTIES, repositories: MANY, settings }), words);
    assert.equal(aws.clock.remaining() > 0, true);
  });
}

for (const [what, part, method, words] of [
  [
    'withdrawing rules',
    'host',
    'disassociate',
    /the approval rule of `team-\d+` is withdrawn: run the same command again/,
  ],
  ['removing branches', 'host', 'deleteBranch', /environments of pull requests are being removed: run/],
  [
    'removing report groups',
    'account',
    'deleteReportGroup',
    /environments of pull requests are being removed: run/,
  ],
  [
    'emptying the bucket',
    'account',
    'removeObjects',
    /the bucket is being emptied: run the same command again/,
  ],
] as const) {
  test(`fails in time and in words when ${what} takes too long`, async () => {
    const aws = busy(new FakeClock(600_000));
    MANY.forEach(({ name }) => aws.host.addRepository(name, 'main'));
    const shopRepository = aws.host.repositories.get('shop');
    for (let place = 0; place < 50; place += 1) {
      shopRepository?.branches.add(`mergegate/pr-7/${place}`);
      aws.account.reportGroups_.add(`arn:aws:codebuild:::report-group/mergegate-pr-7-${place}`);
    }
    const removed = method === 'removeObjects' ? 1_000 : 0;
    aws.account.removeObjects = () => Promise.resolve(removed);
    slow(aws, part, method, 44_000);
    const repositories = [...PROPERTIES.repositories, ...(method === 'disassociate' ? MANY : [])];
    await assert.rejects(remove(aws, { ...PROPERTIES, repositories }), words);
    assert.equal(aws.clock.remaining() > 0, true);
  });
}

test('a request of AWS is not begun when there is no time left for it, and of pages not the next one', async () => {
  let asked = 0;
  const clock = new FakeClock(100_000);
  const client = inTime(
    new CodeCommitClient({
      region: 'eu-central-1',
      credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
      requestHandler: {
        handle: async () => {
          asked += 1;
          await clock.sleep(20_000);
          const body = new TextEncoder().encode('{"branches":["main"],"nextToken":"more"}');
          const response = { statusCode: 200, headers: {}, body };
          return { response };
        },
      },
    }),
    clock,
  );
  await assert.rejects(
    new CodeCommit(client).branches('shop', 'mergegate/'),
    /time is up before ListBranchesCommand: run the same command again/,
  );
  assert.equal(asked, 3);
});

test('a call that hangs is answered for before Lambda ends the function', async () => {
  const never = new Promise<Answer>(() => undefined);
  const late = await orLate(never, 10);
  assert.equal(late.status, 'FAILED');
  assert.match(late.reason ?? '', /time is up, and AWS has not answered/);
  assert.deepEqual(await orLate(Promise.resolve({ status: 'SUCCESS' }), 60_000), { status: 'SUCCESS' });
});

const TWO_POLICIES = { ...PROPERTIES, policyArns: [POLICY, SECOND] };

test('a further policy is told of, with who lacks it', async () => {
  const aws = shop();
  aws.account.attach(POLICY, 'group/developers', 'user/ann');
  aws.account.attach(SECOND, 'user/ann');
  const { attributes } = await deploy(aws, { type: 'Update', properties: TWO_POLICIES, before: PROPERTIES });
  assert.deepEqual(attributes, { PoliciesToAttach: `attach ${SECOND} to group/developers` });
  assert.ok(aws.said.includes(`attach ${SECOND} to group/developers`));
  aws.account.attach(SECOND, 'group/developers');
  const again = await deploy(aws, { type: 'Update', properties: TWO_POLICIES, before: PROPERTIES });
  assert.match(again.attributes?.PoliciesToAttach ?? '', /^nothing:/);
});

test('where nobody has the policy for people, that is said', async () => {
  const { attributes } = await create(shop(), TWO_POLICIES);
  assert.match(attributes?.PoliciesToAttach ?? '', /^nobody has the policy for people yet/);
});

test('a policy that goes is taken from people, so that CloudFormation can delete it', async () => {
  const aws = shop();
  aws.account.attach(POLICY, 'group/developers');
  aws.account.attach(SECOND, 'group/developers', 'role/AWSReservedSSO_Developers_0123456789abcdef');
  await deploy(aws, { type: 'Update', properties: PROPERTIES, before: TWO_POLICIES });
  assert.deepEqual(await aws.account.holders(POLICY), ['group/developers']);
  assert.deepEqual(await aws.account.holders(SECOND), ['role/AWSReservedSSO_Developers_0123456789abcdef']);
  assert.ok(
    aws.said.some((words) => words.includes(`\`${SECOND}\` goes`) && words.endsWith('from group/developers')),
  );
  assert.ok(
    aws.said.some((words) =>
      /still attached to the permission set `Developers`.*leaves it behind/.test(words),
    ),
  );
});

test('destroying names whose permissions the policy bounds, and ends once they have another boundary', async () => {
  const aws = busy();
  aws.account.bounded.add('user/ann');
  await assert.rejects(
    remove(aws),
    /is still the permissions boundary of user\/ann: give them another boundary, and run/,
  );
  aws.account.bounded.clear();
  assert.deepEqual(await remove(aws), {});
});

/** IAM, which answers each command with the next of its answers, by name. */
function iam(answers: Record<string, (input: Record<string, unknown>) => object>): SdkAccount {
  const account = new SdkAccount(new FakeClock());
  const send = (command: {
    constructor: { name: string };
    input: Record<string, unknown>;
  }): Promise<object> => {
    const answer = answers[command.constructor.name];
    assert.ok(answer, command.constructor.name);
    return Promise.resolve().then(() => answer(command.input));
  };
  (account as unknown as { identities: IAMClient }).identities = Object.assign(new IAMClient(), { send });
  return account;
}

test('who is bounded by a policy does not have it, and who has lost it meanwhile is no error', async () => {
  const gone = Object.assign(new Error('gone'), { name: 'NoSuchEntityException' });
  const account = iam({
    ListEntitiesForPolicyCommand: ({ PolicyUsageFilter: usage }) => ({
      PolicyUsers: [{ UserName: usage === 'PermissionsPolicy' ? 'ann' : 'bob' }],
    }),
    DetachUserPolicyCommand: ({ UserName }) => {
      assert.equal(UserName, 'ann');
      throw gone;
    },
  });
  assert.deepEqual(await account.detachPolicy(POLICY), []);
  assert.deepEqual(await account.boundedBy(POLICY), ['user/bob']);
});

test('of branches that are named nothing is answered, which nobody reads', async () => {
  const aws = fakeAws();
  MANY.forEach(({ name }) => aws.host.addRepository(name, 'main'));
  const destinations = ['main', 'develop', 'release/2025', 'release/2026', 'hotfix'];
  const repositories = MANY.map(({ name }) => name);
  const properties = { service: 'mergegate', destinations, repositories };
  assert.deepEqual((await deploy(aws, { type: 'ReadReferences', properties })).attributes, {});
});
