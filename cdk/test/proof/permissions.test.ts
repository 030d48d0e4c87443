/**
 * The permissions of a deployment, proven: whatever its functions call and AWS does for it is allowed, nothing else is,
 * and no Deny bites. Each need comes from the code or from AWS's guides, what it is checked on from the reference.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { FUNCTIONS, repositoryKey } from '../../lib/names';
import { buildNeeds, type BuildPlace } from '../support/build-needs';
import { Deployed } from '../support/deployed';
import { misfits, unused } from '../support/findings';
import { deploymentNeeds, functionNeeds } from '../support/function-needs';
import { rolesOf, statementsOf, type Statement } from '../support/iam';
import { keyNeeds, unmet, type Need } from '../support/needs';
import { Reference } from '../support/reference';
import { machineNeeds, undelivered } from '../support/service-needs';
import { app, deployedWith, placedTemplateOf } from '../support/synth';
import { resourcesOf, type CloudFormation } from '../support/template';

const SERVICE = 'mergegate';
const SUBNETS = ['subnet-1', 'subnet-2'];
const GROUPS = ['sg-1'];

const REFERENCE = new Reference([
  'codebuild',
  'codecommit',
  'ec2',
  'ecr',
  'events',
  'iam',
  'kms',
  'lambda',
  'logs',
  's3',
  'secretsmanager',
  'sns',
  'sqs',
  'ssm',
  'states',
  'xray',
]);

interface Variant {
  readonly region: string;
  readonly partition: string;
  readonly count: number;
  readonly keys: boolean;
  readonly network: boolean;
}

/** A deployment of a variant. */
function deploy({ region, partition, count, keys, network }: Variant): Deployed {
  const repositories = Array.from({ length: count }, (_, place) =>
    place === 0 ? 'shop' : `team-${place}.service`,
  );
  const repositoryKeys = Object.fromEntries(
    repositories.map((name, place) => [name, `arn:${partition}:kms:${region}:123456789012:key/${place}`]),
  );
  const stack = deployedWith(app(), {
    region,
    repositoryName: undefined,
    repositories,
    breakGlassRoleArn: `arn:${partition}:iam::123456789012:role/break-glass`,
    ...(keys && { repositoryKeys }),
    ...(network && { vpcId: 'vpc-1', subnetIds: SUBNETS, securityGroupIds: GROUPS }),
  });
  return new Deployed(placedTemplateOf(stack), SERVICE, repositories, keys ? repositoryKeys : {});
}

/** What each role has to be allowed, by its name. */
function needsOf(deployed: Deployed, network: boolean): Map<string, Need[]> {
  const { place } = deployed;
  const needs = new Map<string, Need[]>([
    ...FUNCTIONS.map((name) => [roleName(deployed, name), functionNeeds(name, deployed, REFERENCE)] as const),
    [roleName(deployed, 'deployment'), deploymentNeeds(deployed, REFERENCE)],
    [roleName(deployed, 'state-machine'), machineNeeds(deployed)],
  ]);
  for (const { repository, plain, container } of deployed.roles) {
    const [project = ''] = deployed.things('codebuild:project').map((arn) => arn.split('/')[1] ?? '');
    const build: BuildPlace = {
      place,
      repository,
      key: deployed.keys[repository],
      project,
      logGroup: `/aws/codebuild/${SERVICE}/${repository}`,
      reportGroup: `${project}-${repositoryKey(repository)}-junit`,
      bucket: deployed.bucket,
      rawReports: `builds/${repository}/raw/${project}-junit`,
      kept: `builds/${repository}/7/`,
      network: network ? { subnets: SUBNETS, groups: GROUPS } : undefined,
    };
    needs.set(plain.split('/').at(-1) ?? '', buildNeeds(build));
    needs.set(container.split('/').at(-1) ?? '', buildNeeds({ ...build, images: SERVICE }));
  }
  return needs;
}

function roleName({ place }: Deployed, name: string): string {
  return `${SERVICE}-${name}-${place.region}`;
}

/** Everything that is wrong with a deployment. */
function findings(deployed: Deployed, network: boolean): string[] {
  const roles = rolesOf(deployed.template);
  const needs = needsOf(deployed, network);
  const unknown = [...roles.keys()].filter((role) => !needs.has(role));
  return [
    ...unknown.map((role) => `nothing is known of what ${role} needs`),
    ...[...needs].flatMap(([role, own]) => {
      const identity = roles.get(role) ?? [];
      const caller = { 'aws:PrincipalArn': deployed.arn('iam', `role/${role}`) };
      const asked = own.map((need) => ({ ...need, context: { ...need.context, ...caller } }));
      return [
        ...unmet(role, { identity }, asked),
        ...unused(role, identity, asked),
        ...misfits(role, identity, REFERENCE),
      ];
    }),
    ...undelivered(deployed),
    ...hindered(deployed),
  ];
}

/** What the policies for people must leave to them; and they know no words but those of the reference. */
function hindered(deployed: Deployed): string[] {
  const own = resourcesOf(deployed.template, 'AWS::IAM::ManagedPolicy')
    .filter(({ Properties }) => Properties.Roles === undefined)
    .flatMap(({ Properties }) =>
      statementsOf(Properties.PolicyDocument as Parameters<typeof statementsOf>[0]),
    );
  const everything: Statement = { effect: 'Allow', actions: ['*'], notActions: [], resources: ['*'] };
  const work = [
    'GitPull',
    'CreatePullRequest',
    'MergePullRequestBySquash',
    'PostCommentForPullRequest',
    'GetFile',
  ];
  const needs = deployed.repositories.flatMap((repository) => [
    ...work.map((name) => ({
      action: `codecommit:${name}`,
      resource: deployed.arn('codecommit', repository),
      why: 'daily work',
    })),
    {
      action: 'codecommit:GitPush',
      resource: deployed.arn('codecommit', repository),
      context: { 'codecommit:References': 'refs/heads/topic' },
      why: 'a branch of its own',
    },
    ...keyNeeds(deployed.place, 'codecommit', deployed.keys[repository]),
  ]);
  return [
    ...unmet('somebody of the team', { identity: [everything, ...own] }, needs),
    ...misfits('the policy for people', own, REFERENCE),
  ];
}

const USUAL: Variant = { region: 'eu-central-1', partition: 'aws', count: 1, keys: false, network: false };
const MATRIX: readonly Variant[] = [
  USUAL,
  { ...USUAL, count: 50 },
  { ...USUAL, count: 50, keys: true, network: true },
  { region: 'cn-north-1', partition: 'aws-cn', count: 50, keys: true, network: true },
  { region: 'us-gov-west-1', partition: 'aws-us-gov', count: 50, keys: true, network: true },
];

for (const variant of MATRIX) {
  const { count, partition, keys, network } = variant;
  const more = `${keys ? ', with keys of the customer' : ''}${network ? ', in a VPC' : ''}`;
  test(`the permissions of ${count} repositories in ${partition}${more} are what is needed, and no more`, () => {
    assert.deepEqual(findings(deploy(variant), network), []);
  });
}

/** A deployment whose statements somebody changed. */
function changed(change: (statement: Record<string, unknown>, role: string) => void): string[] {
  const { template, repositories, keys } = deploy(USUAL);
  const copy: CloudFormation = structuredClone(template);
  for (const { Type, Properties } of Object.values(copy.Resources)) {
    if (Type === 'AWS::IAM::Policy') {
      const { Statement } = Properties.PolicyDocument as { Statement: Record<string, unknown>[] };
      Statement.forEach((statement) => {
        change(statement, JSON.stringify(Properties.Roles));
      });
    }
  }
  return findings(new Deployed(copy, SERVICE, repositories, keys), false);
}

function list(words: unknown): string[] {
  return [words].flat().map(String);
}

test('refuses the Deny under which every build died while it downloaded its source', () => {
  const found = changed((statement) => {
    if (statement.Sid === 'NothingElse') {
      statement.NotAction = list(statement.NotAction).filter((action) => !action.startsWith('kms:'));
    }
  });
  assert.equal(found.length, 14);
  for (const finding of found) {
    assert.match(
      finding,
      /^mergegate-\S*(build|container)\S* is denied by `NothingElse` kms:.* codecommit keeps/,
    );
  }
});

test('refuses a function without a right that its code needs', () => {
  const found = changed((statement) => {
    statement.Action = list(statement.Action).filter((action) => action !== 'states:StartExecution');
  });
  assert.match(
    found[0] ?? '',
    /^mergegate-router-eu-central-1 is not allowed states:StartExecution on .*:mergegate,/,
  );
});

test('refuses a right that nothing uses, and one on something that nothing touches', () => {
  const found = changed((statement, role) => {
    if (list(statement.Action).includes('states:StartExecution') && role.includes('Router')) {
      statement.Action = ['states:StartExecution', 'states:StopExecution'];
      statement.Resource = [
        statement.Resource,
        'arn:aws:states:eu-central-1:123456789012:stateMachine:other',
      ];
    }
  });
  assert.ok(found.some((finding) => finding.includes('may states:StopExecution, which nothing of it does')));
  assert.ok(found.some((finding) => /on .*stateMachine:other, which nothing of it does/.test(finding)));
});

test('refuses what the reference does not know: actions, resources, condition keys', () => {
  const found = changed((statement) => {
    if (statement.Sid === 'Source') {
      statement.Action = ['codecommit:GitPull', 'codecommit:GitFetch'];
      statement.Condition = { StringEquals: { 'kms:ViaService': 'git' } };
    }
    if (list(statement.Action).includes('codebuild:ListProjects')) {
      statement.Resource = 'arn:aws:codebuild:eu-central-1:123456789012:project/mergegate-pr-*';
    }
  });
  assert.ok(found.some((finding) => finding.endsWith('there is no action `codecommit:GitFetch`')));
  assert.ok(
    found.some((finding) =>
      finding.endsWith('`codecommit:gitpull` is never asked for with `kms:ViaService`'),
    ),
  );
  assert.ok(found.some((finding) => finding.includes('`codebuild:listprojects` knows no resource')));
});
