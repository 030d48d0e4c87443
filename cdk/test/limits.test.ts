/** What grows with the repositories fits into what AWS takes, and what cannot fit is told before anything is deployed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { CfnResource } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';

import { app, deployedStack, deployedWith, gate, placedTemplateOf, templateOf } from './support/synth';
import { decide } from './support/evaluate';
import { statementsOf } from './support/iam';
import { resourcesOf, type CloudFormation } from './support/template';

const REPOSITORIES = Array.from({ length: 50 }, (_, place) => `team-${place}.a-repository-of-usual-length`);
const BREAK_GLASS = 'arn:aws:iam::123456789012:role/break-glass';

function deployed(context: Record<string, unknown>): CloudFormation {
  return placedTemplateOf(
    deployedWith(app(), {
      repositoryName: undefined,
      repositories: REPOSITORIES,
      breakGlassRoleArn: BREAK_GLASS,
      ...context,
    }),
  );
}

const FIFTY = deployed({});
const NAMED = deployed({ destinations: ['main', 'release'] });
const LONG = deployed({ repositories: REPOSITORIES.map((name) => name.padEnd(64, 'x')) });

/** As AWS counts: without white space, references put in. */
function lengths(template: CloudFormation, type: string, property: string): number[] {
  return resourcesOf(template, type).map(
    ({ Properties }) => JSON.stringify(Properties[property] ?? {}).length,
  );
}

for (const [what, template] of [
  ['50 repositories', FIFTY],
  ['50 repositories with branches that are named', NAMED],
  ['50 repositories with long names', LONG],
] as const) {
  test(`${what} fit into policies, roles, patterns, parameters and one stack`, () => {
    assert.ok(
      lengths(template, 'AWS::IAM::ManagedPolicy', 'PolicyDocument').every((length) => length <= 6144),
    );
    assert.ok(lengths(template, 'AWS::Events::Rule', 'EventPattern').every((length) => length <= 2048));
    assert.ok(lengths(template, 'AWS::SSM::Parameter', 'Value').every((length) => length <= 4096));
    assert.ok(lengths(template, 'AWS::Lambda::Function', 'Environment').every((length) => length <= 4096));
    assert.ok(Object.keys(template.Resources).length <= 500);
    const description = (template as { Description?: string }).Description ?? '';
    assert.ok(description.length <= 512, description);
    for (const [role, length] of inlineLengths(template)) {
      assert.ok(length <= 10_240, `${role}: ${length}`);
    }
  });
}

function inlineLengths(template: CloudFormation): Map<string, number> {
  const lengths = new Map<string, number>();
  for (const { Properties } of resourcesOf(template, 'AWS::IAM::Policy')) {
    for (const role of Properties.Roles as string[]) {
      const length = JSON.stringify(Properties.PolicyDocument).length;
      lengths.set(role, (lengths.get(role) ?? 0) + length);
    }
  }
  return lengths;
}

test('every repository is in a rule of each kind, and in one only', () => {
  const arns = REPOSITORIES.map((name) => `arn:aws:codecommit:eu-central-1:123456789012:${name}`);
  for (const kind of ['pullRequest', 'comment', 'rulesOverridden', 'branchMoved', 'breakGlass']) {
    const rules = resourcesOf(FIFTY, 'AWS::Events::Rule').filter(({ Properties }) =>
      new RegExp(`^mergegate-${kind}(-\\d+)?$`).test(String(Properties.Name)),
    );
    const found = rules.flatMap(
      ({ Properties }) => (Properties.EventPattern as { resources: string[] }).resources,
    );
    assert.deepEqual(found, arns, kind);
  }
});

test('an override and the break-glass role are counted over all rules', () => {
  const alarms = resourcesOf(FIFTY, 'AWS::CloudWatch::Alarm');
  const rules = resourcesOf(FIFTY, 'AWS::Events::Rule').map(({ Properties }) => String(Properties.Name));
  for (const [alarm, kind] of [
    ['RulesOverridden', 'rulesOverridden'],
    ['BreakGlass', 'breakGlass'],
  ] as const) {
    const found = alarms.find(({ Properties }) => Properties.AlarmName === `mergegate-${alarm}`);
    const counted = JSON.stringify(found).match(new RegExp(`mergegate-${kind}[-\\d]*`, 'g'));
    assert.deepEqual(
      counted,
      rules.filter((name) => name.startsWith(`mergegate-${kind}`)),
    );
  }
});

for (const [what, template] of [
  ['their default branches', FIFTY],
  ['branches that are named', NAMED],
] as const) {
  test(`whoever has the policies for people pushes to no gated branch of 50 repositories, by ${what}`, () => {
    const policies = resourcesOf(template, 'AWS::IAM::ManagedPolicy').filter(({ Properties }) =>
      /^mergegate-protect-branches(-\d+)?-eu-central-1$/.test(String(Properties.ManagedPolicyName)),
    );
    assert.ok(policies.length <= 10);
    const own = policies.flatMap(({ Properties }) =>
      statementsOf(Properties.PolicyDocument as { Statement: Record<string, unknown>[] }),
    );
    const identity = [...own, { effect: 'Allow', actions: ['*'], notActions: [], resources: ['*'] } as const];
    const may = (action: string, repository: string, context: Record<string, string>): boolean =>
      decide(
        { identity },
        { action, context, resource: `arn:aws:codecommit:eu-central-1:123456789012:${repository}` },
      ).allowed;
    for (const [place, repository] of REPOSITORIES.entries()) {
      const reference = template === NAMED ? 'refs/heads/release' : referenceOf(own, repository);
      const gated = { 'codecommit:References': reference };
      const who = { ...gated, 'aws:PrincipalArn': BREAK_GLASS };
      assert.ok(!may('codecommit:GitPush', repository, gated), `${place}`);
      assert.ok(!may('codecommit:OverridePullRequestApprovalRules', repository, {}), repository);
      assert.ok(may('codecommit:GitPush', repository, who), repository);
      assert.ok(
        may('codecommit:GitPush', repository, { 'codecommit:References': 'refs/heads/topic' }),
        repository,
      );
    }
  });
}

/** What stands for a reference that is known at deployment only. */
function referenceOf(statements: ReturnType<typeof statementsOf>, repository: string): string {
  const own = statements.find(
    ({ resources, condition }) => resources.some((arn) => arn.endsWith(`:${repository}`)) && condition?.Null,
  );
  return String([own?.condition?.StringLikeIfExists?.['codecommit:References']].flat()[0]);
}

test('fails at synthesis where people would have to have more policies than AWS attaches', () => {
  const repositories = REPOSITORIES.map((name) => name.padEnd(100, 'x'));
  assert.throws(
    () => deployed({ repositories, breakGlassRoleArn: `${BREAK_GLASS}/${'x'.repeat(300)}` }),
    /the policies for people are 1\d, and nobody can have more than 10: name `destinations`, or gate fewer/,
  );
  assert.doesNotThrow(() => deployed({ repositories, destinations: ['main'] }));
});

test('fails at synthesis where what builds may do has no room in a role', () => {
  const statement = (place: number): PolicyStatement =>
    new PolicyStatement({
      actions: ['s3:GetObject'],
      resources: Array.from(
        { length: 60 },
        (_, object) => `arn:aws:s3:::bucket-${place}/${'x'.repeat(60)}-${object}`,
      ),
    });
  const buildPolicies = Array.from({ length: 14 }, (_, place) => statement(place));
  assert.throws(
    () => gate({ buildPolicies }),
    /Build-shop\/Role\/Resource: 1\d policies are attached, a role takes 10/,
  );
});

test('fails at synthesis where the settings of a repository have no room in a parameter', () => {
  const image = `123456789012.dkr.ecr.eu-central-1.amazonaws.com/${'x'.repeat(4000)}`;
  assert.throws(
    () => gate({ environment: { image } }),
    /Settings\/shop\/Resource: the parameter takes 4\d{3} characters, AWS takes 4096/,
  );
});

/** Everything that makes a template large, in one partition. */
function largest(region: string, partition: string, count: number): number {
  const repositories = Array.from({ length: count }, (_, place) =>
    `r${place}.${'x.y-'.repeat(40)}`.slice(0, 100),
  );
  const key = (place: number): string =>
    `arn:${partition}:kms:${region}:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890${10 + place}`;
  const stack = deployedWith(app({ 'aws:cdk:enable-path-metadata': true }), {
    region,
    repositoryName: undefined,
    repositories,
    repositoryKeys: Object.fromEntries(repositories.map((name, place) => [name, key(place)])),
    vpcId: 'vpc-0a1b2c3d4e5f60718',
    subnetIds: [1, 2, 3].map((place) => `subnet-${String(place).padStart(17, '0')}`),
    securityGroupIds: ['sg-0123456789abcdef0'],
    breakGlassRoleArn: `arn:${partition}:iam::123456789012:role/break-glass`,
  });
  return JSON.stringify(templateOf(stack)).length;
}

for (const [region, partition] of [
  ['eu-central-1', 'aws'],
  ['cn-northwest-1', 'aws-cn'],
  ['us-gov-west-1', 'aws-us-gov'],
] as const) {
  test(`50 repositories with long names, keys and a VPC make a template that CloudFormation takes in ${partition}`, () => {
    const bytes = largest(region, partition, 50);
    assert.ok(bytes <= 850_000, `${bytes} bytes`);
  });
}

test('fails at synthesis where the template is larger than CloudFormation takes', () => {
  const stack = deployedStack();
  new CfnResource(stack, 'Large', { type: 'Custom::Large', properties: { text: 'x'.repeat(1_000_000) } });
  assert.throws(
    () => templateOf(stack),
    /the template takes 10\d{5} bytes, and CloudFormation takes 1000000: gate fewer repositories, and deploy a second service/,
  );
});
