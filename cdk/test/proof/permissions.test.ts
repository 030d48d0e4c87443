/**
 * The permissions of a deployment, proven: whatever its functions call and AWS does for it is allowed, nothing else is,
 * and no Deny bites. Each need comes from the code or from AWS's guides, what it is checked on from the reference.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { FUNCTIONS } from '../../lib/names';
import { decide } from '../support/evaluate';
import { buildNeeds, SAID_BY_CODEBUILD, type BuildPlace } from '../support/build-needs';
import { Deployed } from '../support/deployed';
import { misfits, unused } from '../support/findings';
import { deploymentNeeds, functionNeeds } from '../support/function-needs';
import { boundariesOf, rolesOf, statementsOf, type Statement } from '../support/iam';
import { keyNeeds, unmet, type Need } from '../support/needs';
import { Reference } from '../support/reference';
import { machineNeeds, undelivered } from '../support/service-needs';
import { app, deployedWith, placedTemplateOf } from '../support/synth';
import { peoplesPolicies, resourcesOf, type CloudFormation, type Resource } from '../support/template';

const SERVICE = 'mergegate';
const SUBNETS = ['subnet-1', 'subnet-2'];
const GROUPS = ['sg-1'];

const REFERENCE = new Reference([
  'cloudformation',
  'cloudwatch',
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
async function needsOf(deployed: Deployed, network: boolean): Promise<Map<string, Need[]>> {
  const needs = new Map<string, Need[]>([
    ...FUNCTIONS.map((name) => [roleName(deployed, name), functionNeeds(name, deployed, REFERENCE)] as const),
    [roleName(deployed, 'deployment'), await deploymentNeeds(deployed, REFERENCE)],
    [roleName(deployed, 'state-machine'), machineNeeds(deployed)],
  ]);
  for (const { repository, plain, container } of deployed.gated) {
    const build: BuildPlace = {
      ...deployed.buildPlace(repository),
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
async function findings(deployed: Deployed, network: boolean): Promise<string[]> {
  const roles = rolesOf(deployed.template);
  const boundaries = boundariesOf(deployed.template);
  const ofBucket = resourcesOf(deployed.template, 'AWS::S3::BucketPolicy').flatMap(({ Properties }) =>
    statementsOf(Properties.PolicyDocument as Parameters<typeof statementsOf>[0]),
  );
  const needs = await needsOf(deployed, network);
  const unknown = [...roles.keys()].filter((role) => !needs.has(role));
  const builds = new Set(deployed.gated.flatMap(({ plain, container }) => [plain, container]));
  return [
    ...unknown.map((role) => `nothing is known of what ${role} needs`),
    ...[...needs].flatMap(([role, own]) => {
      const identity = roles.get(role) ?? [];
      const arn = deployed.arn('iam', `role/${role}`);
      const caller = { 'aws:PrincipalArn': arn };
      const asked = own.map((need) => ({
        ...need,
        context: { ...need.context, ...caller },
        resourcePolicy: need.resourcePolicy ?? (need.action.startsWith('s3:') ? ofBucket : undefined),
      }));
      return [
        ...unmet(role, { identity, boundary: boundaries.get(role) }, asked),
        ...unused(role, identity, asked),
        ...misfits(role, identity, REFERENCE, builds.has(arn) ? SAID_BY_CODEBUILD : []),
      ];
    }),
    ...mistrusted(deployed),
    ...undelivered(deployed),
    ...hindered(deployed),
  ];
}

/** What people do in a repository all day; a push asks without a reference first. */
const PEOPLES_WORK = [
  'GitPull',
  'GitPush',
  'BatchGetRepositories',
  'CreatePullRequest',
  'CreatePullRequestApprovalRule',
  'CreateUnreferencedMergeCommit',
  'DescribePullRequestEvents',
  'EvaluatePullRequestApprovalRules',
  'GetBlob',
  'GetBranch',
  'GetComment',
  'GetCommentsForPullRequest',
  'GetCommit',
  'GetDifferences',
  'GetFile',
  'GetFolder',
  'GetMergeConflicts',
  'GetPullRequest',
  'GetPullRequestApprovalStates',
  'GetRepository',
  'ListBranches',
  'ListPullRequests',
  'MergePullRequestByFastForward',
  'MergePullRequestBySquash',
  'MergePullRequestByThreeWay',
  'PostCommentForPullRequest',
  'PostCommentReply',
  'UpdateComment',
  'UpdatePullRequestApprovalState',
  'UpdatePullRequestDescription',
  'UpdatePullRequestStatus',
  'UpdatePullRequestTitle',
  'UpdateRepositoryDescription',
];

/** What they do on branches of their own. */
const ON_BRANCHES = [
  'GitPush',
  'CreateBranch',
  'DeleteBranch',
  'CreateCommit',
  'PutFile',
  'DeleteFile',
  'MergeBranchesByFastForward',
  'MergeBranchesBySquash',
  'MergeBranchesByThreeWay',
];

/** Who a role is to be trusted to: the service that works under it, for the thing of this deployment that it works for. */
function mistrusted(deployed: Deployed): string[] {
  const { account } = deployed.place;
  const expected = new Map<string, { service: string; source?: string }>([
    ...[...FUNCTIONS, 'deployment'].map((name) => [roleName(deployed, name), { service: 'lambda' }] as const),
    [
      roleName(deployed, 'state-machine'),
      { service: 'states', source: deployed.arn('states', `stateMachine:${SERVICE}`) },
    ],
    ...deployed.gated.flatMap(({ plain, container, projectArn }) =>
      [plain, container].map(
        (arn) => [arn.split('/').at(-1) ?? '', { service: 'codebuild', source: projectArn }] as const,
      ),
    ),
  ]);
  return resourcesOf(deployed.template, 'AWS::IAM::Role').flatMap(({ Properties }) => {
    const name = String(Properties.RoleName);
    const { service = '', source } = expected.get(name) ?? {};
    const trust = statementsOf(Properties.AssumeRolePolicyDocument as Parameters<typeof statementsOf>[0]);
    const own = { Service: `${service}.amazonaws.com` };
    const others = trust.filter(({ principal }) => JSON.stringify(principal) !== JSON.stringify(own));
    const becomes = (context: Record<string, string>): boolean =>
      decide(
        { identity: [], resource: trust },
        { action: 'sts:AssumeRole', resource: deployed.arn('iam', `role/${name}`), context },
      ).allowed;
    const right: Record<string, string> =
      source === undefined ? {} : { 'aws:SourceAccount': account, 'aws:SourceArn': source };
    const elsewhere = {
      'aws:SourceAccount': '999999999999',
      'aws:SourceArn': (source ?? '').replace(account, '999999999999'),
    };
    return [
      ...others.map(({ principal }) => `${name} is trusted to ${JSON.stringify(principal)}`),
      ...(becomes(right) ? [] : [`${name} is not trusted to ${service} for ${source ?? 'its function'}`]),
      ...(source !== undefined && becomes(elsewhere)
        ? [`${name} is trusted to ${service} for another account`]
        : []),
    ];
  });
}

/** What the policies for people must leave to them; and they know no words but those of the reference. */
function hindered(deployed: Deployed): string[] {
  const own = peoplesPolicies(deployed.template).flatMap(({ Properties }) =>
    statementsOf(Properties.PolicyDocument as Parameters<typeof statementsOf>[0]),
  );
  const everything: Statement = { effect: 'Allow', actions: ['*'], notActions: [], resources: ['*'] };
  const topic = { 'codecommit:References': 'refs/heads/topic' };
  const needs = deployed.repositories.flatMap((repository) => [
    ...[
      ...PEOPLES_WORK.map((name) => [name, {}] as const),
      ...ON_BRANCHES.map((name) => [name, topic] as const),
    ].map(([name, context]) => ({
      action: `codecommit:${name}`,
      resource: deployed.arn('codecommit', repository),
      context,
      why: 'daily work',
    })),
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
  test(`the permissions of ${count} repositories in ${partition}${more} are what is needed, and no more`, async () => {
    assert.deepEqual(await findings(deploy(variant), network), []);
  });
}

/** A deployment whose statements somebody changed. */
function changed(change: (statement: Record<string, unknown>, role: string) => void): Promise<string[]> {
  const { template, repositories, keys } = deploy(USUAL);
  const copy: CloudFormation = structuredClone(template);
  for (const { Type, Properties } of Object.values(copy.Resources)) {
    if (Type === 'AWS::IAM::Policy' || Type === 'AWS::IAM::ManagedPolicy') {
      const { Statement } = Properties.PolicyDocument as { Statement: Record<string, unknown>[] };
      Statement.forEach((statement) => {
        change(statement, JSON.stringify(Properties.Roles ?? Properties.ManagedPolicyName));
      });
    }
  }
  return findings(new Deployed(copy, SERVICE, repositories, keys), false);
}

/** A statement's resources, which may be functions of CloudFormation, with words in place of others. */
function replaced(statement: Record<string, unknown>, ...words: readonly [string, string][]): unknown {
  const text = words.reduce(
    (before, [old, other]) => before.replaceAll(old, other),
    JSON.stringify(statement.Resource),
  );
  return JSON.parse(text) as unknown;
}

function list(words: unknown): string[] {
  return [words].flat().map(String);
}

test('refuses the Deny under which every build died while it downloaded its source', async () => {
  const found = await changed((statement) => {
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

test('refuses a function without a right that its code needs', async () => {
  const found = await changed((statement) => {
    statement.Action = list(statement.Action).filter((action) => action !== 'states:StartExecution');
  });
  assert.match(
    found[0] ?? '',
    /^mergegate-router-eu-central-1 is not allowed states:StartExecution on .*:mergegate,/,
  );
});

test('refuses a right that nothing uses, and one on something that nothing touches', async () => {
  const found = await changed((statement, role) => {
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

test('refuses a hole in the Deny that no build needs', async () => {
  const found = await changed((statement) => {
    if (statement.Sid === 'NothingElse') {
      statement.NotAction = [...list(statement.NotAction), 'codecommit:UpdatePullRequestApprovalState'];
    }
  });
  assert.equal(found.length, 2);
  for (const finding of found) {
    assert.match(
      finding,
      / is not denied codecommit:UpdatePullRequestApprovalState, which nothing of it does$/,
    );
  }
});

for (const [sid, where] of [
  ['Artifacts', 'with'],
  ['ArtifactsOfUnsaidProject', 'without'],
] as const) {
  test(`refuses builds that reach their objects no more ${where} a project in the request`, async () => {
    const found = await changed((statement) => {
      if (statement.Sid === sid) {
        statement.Resource = 'arn:aws:s3:::gatestorageartifacts8ad528aa/elsewhere/*';
      }
    });
    const reached = `builds/shop/arn:aws:codebuild:eu-central-1:123456789012:project/mergegate-pr-7`;
    for (const role of ['build', 'container']) {
      for (const key of ['raw/mergegate-pr-7-0f94d09b-junit/0a1b2c3d/junit.xml', 'app.zip']) {
        const lacking = `mergegate-${role}-shop-0f94d0-eu-central-1 is not allowed s3:PutObject on arn:aws:s3:::gatestorageartifacts8ad528aa/${reached}/${key}`;
        assert.ok(
          found.some((finding) => finding.startsWith(lacking)),
          lacking,
        );
      }
    }
  });
}

test('refuses logs and reports of builds that are kept under the name of another repository', async () => {
  const found = await changed((statement) => {
    statement.Resource = replaced(
      statement,
      ['/mergegate/shop', '/mergegate/docs'],
      ['-0f94d09b-', '-00000000-'],
    );
  });
  for (const action of ['logs:CreateLogStream', 'logs:PutLogEvents', 'codebuild:CreateReport']) {
    assert.ok(
      found.some((finding) => finding.includes(`build-shop-0f94d0-eu-central-1 is not allowed ${action} on`)),
      action,
    );
  }
});

test('refuses what the reference does not know: actions, resources, condition keys', async () => {
  const found = await changed((statement) => {
    if (statement.Sid === 'Source') {
      statement.Action = ['codecommit:GitPull', 'codecommit:GitFetch'];
      statement.Condition = { StringEquals: { 'kms:ViaService': 'git' } };
    }
    if (statement.Sid === 'Artifacts') {
      statement.Resource = replaced(statement, ['projectArn', 'projectName']);
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
  assert.ok(
    found.some((finding) =>
      finding.endsWith('`s3:getobject` is never asked for with `codebuild:projectName`'),
    ),
  );
});

/** A deployment whose resources somebody changed. */
function tampered(change: (resource: Resource, all: Record<string, Resource>) => void): Promise<string[]> {
  const { template, repositories, keys } = deploy(USUAL);
  const copy: CloudFormation = structuredClone(template);
  Object.values(copy.Resources).forEach((resource) => {
    change(resource, copy.Resources);
  });
  return Promise.resolve().then(() => findings(new Deployed(copy, SERVICE, repositories, keys), false));
}

const named = ({ Properties }: Resource, name: string): boolean =>
  String(Properties.RoleName).startsWith(`mergegate-${name}-`);

function finds(what: string, words: RegExp, change: Parameters<typeof tampered>[0]): void {
  test(`the proof finds ${what}`, async () => {
    const found = await tampered(change).catch((error: unknown) => [String(error)]);
    assert.ok(
      found.some((finding) => words.test(finding)),
      found.join('\n').slice(0, 2_000),
    );
  });
}

finds(
  'a permissions boundary that leaves nothing but logs',
  /router.* is not allowed .*: its boundary$/,
  (resource, all) => {
    const document = { Statement: [{ Effect: 'Allow', Action: 'logs:*', Resource: '*' }] };
    all.Boundary = {
      Type: 'AWS::IAM::ManagedPolicy',
      Properties: { ManagedPolicyName: 'boundary', PolicyDocument: document },
    };
    if (named(resource, 'router')) {
      resource.Properties.PermissionsBoundary = { Ref: 'Boundary' };
    }
  },
);

finds(
  'a policy of AWS on a role',
  /router.* has arn:aws:iam::aws:policy\/AdministratorAccess, of which nothing is known/,
  (resource) => {
    if (named(resource, 'router')) {
      resource.Properties.ManagedPolicyArns = ['arn:aws:iam::aws:policy/AdministratorAccess'];
    }
  },
);

interface Trust {
  readonly Statement: { Principal: object; Condition?: Record<string, Record<string, unknown>> }[];
}

finds(
  'a build role that is trusted for other projects',
  /build-shop.* is not trusted to codebuild for .*pr-7/,
  (resource) => {
    if (named(resource, 'build-shop')) {
      const [trust] = (resource.Properties.AssumeRolePolicyDocument as Trust).Statement;
      Object.assign(trust?.Condition ?? {}, {
        ArnLike: { 'aws:SourceArn': 'arn:aws:codebuild:eu-central-1:123456789012:project/other' },
      });
    }
  },
);

finds(
  'a build role that is trusted for any account',
  /build-shop.* is trusted to codebuild for another account/,
  (resource) => {
    if (named(resource, 'build-shop')) {
      delete (resource.Properties.AssumeRolePolicyDocument as Trust).Statement[0]?.Condition;
    }
  },
);

finds(
  'a role of a function that is trusted to another service',
  /router.* is trusted to \{"Service":"ec2/,
  (resource) => {
    if (named(resource, 'router')) {
      const [trust] = (resource.Properties.AssumeRolePolicyDocument as Trust).Statement;
      Object.assign(trust ?? {}, { Principal: { Service: 'ec2.amazonaws.com' } });
    }
  },
);

finds(
  'a bucket that denies everything',
  /reporter.* is denied by `Nothing` s3:GetObject/,
  ({ Type, Properties }) => {
    if (Type === 'AWS::S3::BucketPolicy') {
      (Properties.PolicyDocument as { Statement: object[] }).Statement.push({
        Sid: 'Nothing',
        Effect: 'Deny',
        Principal: '*',
        Action: 's3:*',
        Resource: '*',
      });
    }
  },
);

for (const action of ['ListBranches', 'CreateBranch', 'UpdatePullRequestTitle']) {
  finds(
    `people who are denied ${action}`,
    new RegExp(`somebody of the team is denied by .* codecommit:${action} on`),
    ({ Type, Properties }) => {
      if (
        Type === 'AWS::IAM::ManagedPolicy' &&
        String(Properties.ManagedPolicyName).includes('-protect-branches-')
      ) {
        const { Statement } = Properties.PolicyDocument as {
          Statement: { Sid?: string; Action: string[] }[];
        };
        Statement.find(({ Sid }) => Sid === 'KeepRules')?.Action.push(`codecommit:${action}`);
      }
    },
  );
}

finds(
  'a Deny that hits every push',
  /somebody of the team is denied by .* codecommit:GitPush on/,
  ({ Type, Properties }) => {
    if (Type === 'AWS::IAM::ManagedPolicy') {
      const { Statement } = Properties.PolicyDocument as {
        Statement: { Condition?: Record<string, unknown> }[];
      };
      Statement.forEach(({ Condition }) => {
        delete Condition?.Null;
      });
    }
  },
);
