/** Who may do what, told from the synthesised template alone (I8, I10). */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { allows, rolesOf } from './support/iam';
import { brokenRules, DANGEROUS } from './support/rules';
import { app, deployedStack, deployedWith, templateOf } from './support/synth';
import { resourcesOf, type CloudFormation } from './support/template';

const TEMPLATE = templateOf(deployedStack());
const IN_VPC = templateOf(
  deployedWith(app(), { vpcId: 'vpc-1', subnetIds: 'subnet-1,subnet-2', securityGroupIds: 'sg-1' }),
);
const REPOSITORY = 'arn:aws:codecommit:eu-central-1:123456789012:my-repository';
/** The roles of builds, by their own part of the name. */
const BUILD = 'build-my-repository-e735fa';
const CONTAINER = 'container-my-repository-e735fa';
const PROJECT = 'arn:aws:codebuild:eu-central-1:123456789012:project/mergegate-pr-7';

test('the permissions of the stack break no rule', () => {
  assert.deepEqual(brokenRules(TEMPLATE), []);
});

test('the permissions of a stack whose builds run in a VPC break no rule', () => {
  assert.deepEqual(brokenRules(IN_VPC), []);
});

for (const [where, template] of [
  ['', TEMPLATE],
  [' in a VPC', IN_VPC],
] as const) {
  for (const [kind, name] of [
    ['build', BUILD],
    ['container-build', CONTAINER],
  ] as const) {
    test(`a ${kind}${where} can do nothing to any pull request, branch, build, parameter, execution or role`, () => {
      const build = rolesOf(template).get(`mergegate-${name}-eu-central-1`) ?? [];
      assert.ok(build.length > 0);
      const permitted = DANGEROUS.filter(([action, resource]) => allows(build, action, resource));
      assert.deepEqual(permitted, []);
    });
  }
}

test('a build can fetch its source, write its log and its reports, and keep artifacts', () => {
  const build = rolesOf(TEMPLATE).get(`mergegate-${BUILD}-eu-central-1`) ?? [];
  const group = 'arn:aws:codebuild:eu-central-1:123456789012:report-group/mergegate-pr-7-e735fa2b-junit';
  const log =
    'arn:aws:logs:eu-central-1:123456789012:log-group:/aws/codebuild/mergegate/my-repository:log-stream:mergegate-pr-7/1';
  const needs: [string, string][] = [
    ['codecommit:GitPull', REPOSITORY],
    ['logs:CreateLogStream', log],
    ['logs:PutLogEvents', log],
    ['codebuild:CreateReport', group],
    ['codebuild:BatchPutTestCases', group],
    ['codebuild:BatchPutCodeCoverages', group],
    ['s3:PutObject', 'arn:aws:s3:::gatestorageartifacts8ad528aa/builds/my-repository/7/app.zip'],
    [
      's3:PutObject',
      'arn:aws:s3:::gatestorageartifacts8ad528aa/builds/my-repository/raw/mergegate-pr-7-e735fa2b-junit/1/junit.xml',
    ],
  ];
  assert.deepEqual(
    needs.filter(([action, resource]) => !allows(build, action, resource)),
    [],
  );
});

test('builds of one repository can fetch its source and that of no other', () => {
  const template = templateOf(
    deployedWith(app(), { repositoryName: undefined, repositories: ['my-repository', 'other'] }),
  );
  assert.deepEqual(brokenRules(template), []);
  const other = REPOSITORY.replace('my-repository', 'other');
  const roles = rolesOf(template);
  for (const [name, own, foreign] of [
    [BUILD, REPOSITORY, other],
    [CONTAINER, REPOSITORY, other],
    ['build-other-7e4fa2', other, REPOSITORY],
    ['container-other-7e4fa2', other, REPOSITORY],
  ] as const) {
    const build = roles.get(`mergegate-${name}-eu-central-1`) ?? [];
    assert.ok(allows(build, 'codecommit:GitPull', own), name);
    assert.ok(!allows(build, 'codecommit:GitPull', foreign), name);
  }
  const settings = resourcesOf(template, 'AWS::SSM::Parameter').map(({ Properties }) => [
    String(Properties.Name).split('/').at(-2),
    (JSON.parse(String(Properties.Value)) as { buildRole?: string }).buildRole,
  ]);
  assert.deepEqual(settings.filter(([name]) => name === 'my-repository' || name === 'other').sort(), [
    ['my-repository', `arn:aws:iam::123456789012:role/mergegate-${BUILD}-eu-central-1`],
    ['other', 'arn:aws:iam::123456789012:role/mergegate-build-other-7e4fa2-eu-central-1'],
  ]);
});

test('the environment makes a preview branch also where CodeCommit names no reference, and drops no other branch', () => {
  const environment = rolesOf(TEMPLATE).get('mergegate-environment-eu-central-1') ?? [];
  const conditions = ['codecommit:CreateBranch', 'codecommit:DeleteBranch'].map((action) =>
    environment.filter(({ actions }) => actions.includes(action)).map(({ condition }) => condition),
  );
  const previews = { 'codecommit:References': 'refs/heads/mergegate/*' };
  assert.deepEqual(conditions, [[{ StringLikeIfExists: previews }], [{ StringLike: previews }]]);
});

const ACCOUNT = ':eu-central-1:123456789012:';

test('builds of one repository reach no log, report or object of another', () => {
  const template = templateOf(
    deployedWith(app(), { repositoryName: undefined, repositories: ['my-repository', 'other'] }),
  );
  const bucket = 'arn:aws:s3:::gatestorageartifacts8ad528aa/builds';
  const places = (repository: string, key: string): [string, string][] => [
    [
      'logs:PutLogEvents',
      `arn:aws:logs${ACCOUNT}log-group:/aws/codebuild/mergegate/${repository}:log-stream:mergegate-pr-7/1`,
    ],
    ['codebuild:CreateReport', `arn:aws:codebuild${ACCOUNT}report-group/mergegate-pr-7-${key}-unit`],
    ['codebuild:BatchPutTestCases', `arn:aws:codebuild${ACCOUNT}report-group/mergegate-pr-7-${key}-unit`],
    ['s3:PutObject', `${bucket}/${repository}/app.zip`],
    ['s3:GetObject', `${bucket}/${repository}/app.zip`],
  ];
  for (const name of [BUILD, CONTAINER]) {
    const build = rolesOf(template).get(`mergegate-${name}-eu-central-1`) ?? [];
    const may = ([action, resource]: [string, string]): boolean => allows(build, action, resource);
    assert.ok(places('my-repository', 'e735fa2b').every(may), name);
    assert.deepEqual(places('other', '7e4fa2eb').filter(may), []);
  }
});

test('where CodeBuild says for which project it works, objects are the project’s own', () => {
  const build = rolesOf(TEMPLATE).get(`mergegate-${BUILD}-eu-central-1`) ?? [];
  const objects = build.filter(({ actions }) => actions.includes('s3:PutObject'));
  const own = 'arn:aws:s3:::gatestorageartifacts8ad528aa/builds/my-repository/';
  assert.deepEqual(
    objects.map(({ resources, condition }) => [resources, condition]),
    [
      [[`${own}\${codebuild:projectArn}/*`], undefined],
      [[`${own}*`], { Null: { 'codebuild:projectArn': 'true' } }],
    ],
  );
});

test('a service assumes a role of the gate for this account and its own thing alone', () => {
  const trusted = resourcesOf(TEMPLATE, 'AWS::IAM::Role').map(({ Properties }) => {
    const { Statement } = Properties.AssumeRolePolicyDocument as { Statement: Record<string, unknown>[] };
    return [String(Properties.RoleName), Statement[0]?.Condition] as const;
  });
  const conditions = new Map(trusted);
  const only = (sourceArn: string): object => ({
    StringEquals: { 'aws:SourceAccount': '123456789012' },
    ArnLike: { 'aws:SourceArn': sourceArn },
  });
  for (const name of [BUILD, CONTAINER]) {
    const projects = `arn:aws:codebuild${ACCOUNT}project/mergegate-pr-*`;
    assert.deepEqual(conditions.get(`mergegate-${name}-eu-central-1`), only(projects));
  }
  const machine = `arn:aws:states${ACCOUNT}stateMachine:mergegate`;
  assert.deepEqual(conditions.get('mergegate-state-machine-eu-central-1'), only(machine));
});

test('another order of the repositories changes no role', () => {
  const roles = (repositories: string[]): string => {
    const { Resources } = templateOf(deployedWith(app(), { repositoryName: undefined, repositories }));
    const found = Object.entries(Resources).filter(([, { Type }]) => Type === 'AWS::IAM::Role');
    const named = found.map(([id, { Properties }]) => [id, Properties.RoleName, Properties.Description]);
    return JSON.stringify(named.sort());
  };
  assert.equal(roles(['shop', 'docs', 'other']), roles(['other', 'shop', 'docs']));
  assert.ok(roles(['shop']).includes('mergegate-build-shop-0f94d0-eu-central-1'));
});

test('names of roles fit IAM, and differ, however long and alike those of repositories are', () => {
  const repositories = ['a', 'A'].map((end) => 'r'.repeat(99) + end);
  const service = 's'.repeat(32);
  const stack = deployedWith(app(), {
    repositoryName: undefined,
    repositories,
    serviceName: service,
    region: 'ap-southeast-2',
  });
  const names = [...rolesOf(templateOf(stack)).keys()].map((name) => name.toLowerCase());
  assert.equal(new Set(names).size, names.length);
  assert.deepEqual(
    names.filter((name) => name.length > 64),
    [],
  );
});

test('only a container build can push an image, and only to the repository of this gate', () => {
  const images = 'arn:aws:ecr:eu-central-1:123456789012:repository/mergegate';
  const others = 'arn:aws:ecr:eu-central-1:123456789012:repository/production';
  const may = (name: string, action: string, resource: string): boolean =>
    allows(rolesOf(TEMPLATE).get(`mergegate-${name}-eu-central-1`) ?? [], action, resource);
  assert.ok(may(CONTAINER, 'ecr:PutImage', images));
  assert.ok(may(CONTAINER, 'ecr:GetAuthorizationToken', '*'));
  assert.ok(!may(CONTAINER, 'ecr:PutImage', others));
  assert.ok(!may(CONTAINER, 'ecr:BatchDeleteImage', images));
  assert.ok(!may(BUILD, 'ecr:PutImage', images));
  assert.ok(!may(BUILD, 'ecr:GetAuthorizationToken', '*'));
});

test('a build in a VPC gets its network interface in the subnets of the deployment only', () => {
  const build = rolesOf(IN_VPC).get(`mergegate-${BUILD}-eu-central-1`) ?? [];
  const arn = (resource: string): string => `arn:aws:ec2:eu-central-1:123456789012:${resource}`;
  assert.ok(allows(build, 'ec2:CreateNetworkInterface', arn('subnet/subnet-2')));
  assert.ok(!allows(build, 'ec2:CreateNetworkInterface', arn('subnet/subnet-3')));
  assert.ok(!allows(build, 'ec2:CreateNetworkInterface', arn('security-group/sg-2')));
  const use = build.find(({ actions }) => actions.includes('ec2:CreateNetworkInterfacePermission'));
  assert.deepEqual(use?.condition, {
    StringEquals: { 'ec2:AuthorizedService': 'codebuild.amazonaws.com' },
    ArnEquals: { 'ec2:Subnet': [arn('subnet/subnet-1'), arn('subnet/subnet-2')] },
  });
  const outside = rolesOf(TEMPLATE).get(`mergegate-${BUILD}-eu-central-1`) ?? [];
  assert.ok(!allows(outside, 'ec2:DescribeVpcs', '*'));
});

for (const [kind, name, template] of [
  ['build', BUILD, TEMPLATE],
  ['container-build', CONTAINER, TEMPLATE],
  ['build', BUILD, IN_VPC],
] as const) {
  test(`whatever is attached to the ${kind} role later${template === IN_VPC ? ', in a VPC' : ''}, the Deny holds`, () => {
    const statements = rolesOf(template).get(`mergegate-${name}-eu-central-1`) ?? [];
    const administrator = { effect: 'Allow', actions: ['*'], notActions: [], resources: ['*'] } as const;
    const permitted = DANGEROUS.filter(([action, resource]) =>
      allows([...statements, administrator], action, resource),
    );
    assert.deepEqual(permitted, []);
  });
}

const IMAGES = 'arn:aws:ecr:eu-central-1:123456789012:repository/mergegate';

/** One added Allow each; every one of them must be noticed. */
const MUTATIONS: [string, string, Record<string, unknown>][] = [
  ['a build that approves', BUILD, allow('codecommit:UpdatePullRequestApprovalState', REPOSITORY)],
  ['a build that merges', BUILD, allow('codecommit:Merge*', REPOSITORY)],
  ['a build that starts builds', BUILD, allow('codebuild:StartBuild', PROJECT)],
  ['a build that becomes somebody else', BUILD, allow('sts:AssumeRole', '*')],
  ['a build that forges a verdict', BUILD, allow('ssm:PutParameter', parameter('pull-requests/*/result'))],
  ['a builder that approves', 'builder', allow('codecommit:UpdatePullRequestApprovalState', REPOSITORY)],
  ['a router that comments', 'router', allow('codecommit:PostCommentForPullRequest', REPOSITORY)],
  ['an environment that may do anything', 'environment', allow('codecommit:*', REPOSITORY)],
  ['an environment that passes any role', 'environment', allow('iam:PassRole', '*')],
  ['a reporter that reads every parameter', 'reporter', allow('ssm:GetParameter', '*')],
  ['a reporter that merges', 'reporter', allow('codecommit:MergePullRequestBySquash', REPOSITORY)],
  ['a state machine that invokes anything', 'state-machine', allow('lambda:InvokeFunction', '*')],
  ['a router that changes settings', 'router', allow('ssm:PutParameter', parameter('repositories/*'))],
  ['a deployment that overrides rules', 'deployment', allow('codecommit:Override*', REPOSITORY)],
  ['a container build that merges', CONTAINER, allow('codecommit:Merge*', REPOSITORY)],
  ['a container build that pushes anywhere', CONTAINER, allow('ecr:PutImage', '*')],
  ['a plain build that pushes images', BUILD, allow('ecr:PutImage', IMAGES)],
  ['a builder that passes the plain build role', 'builder', passRole(BUILD)],
  ['an environment that passes the container role', 'environment', passRole(CONTAINER)],
  ['everything but', 'builder', { Effect: 'Allow', NotAction: 'iam:*', Resource: '*' }],
];

for (const [what, role, statement] of MUTATIONS) {
  test(`refuses ${what}`, () => {
    assert.notDeepEqual(brokenRules(withStatement(role, statement)), []);
  });
}

test('refuses a build role without its Deny', () => {
  const template = copy();
  for (const document of documents(template)) {
    document.Statement = document.Statement.filter(({ Effect }) => Effect !== 'Deny');
  }
  assert.notDeepEqual(brokenRules(template), []);
});

test('refuses a role with a policy from elsewhere', () => {
  const template = copy();
  for (const { Type, Properties } of Object.values(template.Resources)) {
    if (Type === 'AWS::IAM::Role' && Properties.RoleName === 'mergegate-builder-eu-central-1') {
      Properties.ManagedPolicyArns = ['arn:aws:iam::aws:policy/AWSCodeCommitFullAccess'];
    }
  }
  assert.throws(() => brokenRules(template), /AWSCodeCommitFullAccess, of which nothing is known/);
});

test('refuses an approval pool of every role', () => {
  const template = copy();
  for (const { Type, Properties } of Object.values(template.Resources)) {
    if (Type === 'Custom::MergegateDeployment') {
      Properties.approver = 'arn:aws:sts::123456789012:assumed-role/*';
    }
  }
  assert.notDeepEqual(brokenRules(template), []);
});

function allow(action: string, resource: string): Record<string, unknown> {
  return { Effect: 'Allow', Action: action, Resource: resource };
}

function passRole(name: string): Record<string, unknown> {
  return {
    ...allow('iam:PassRole', `arn:aws:iam::123456789012:role/mergegate-${name}-eu-central-1`),
    Condition: { StringEquals: { 'iam:PassedToService': 'codebuild.amazonaws.com' } },
  };
}

function parameter(path: string): string {
  return `arn:aws:ssm:eu-central-1:123456789012:parameter/mergegate/mergegate/${path}`;
}

function withStatement(role: string, statement: Record<string, unknown>): CloudFormation {
  const template = copy();
  const name = `mergegate-${role}-eu-central-1`;
  const id = Object.entries(template.Resources).find(
    ([, { Properties }]) => Properties.RoleName === name,
  )?.[0];
  assert.ok(id !== undefined, `there is a role ${name}`);
  const added = { PolicyName: 'Added', Roles: [{ Ref: id }], PolicyDocument: { Statement: [statement] } };
  template.Resources.Added = { Type: 'AWS::IAM::Policy', Properties: added };
  return template;
}

function copy(): CloudFormation {
  return structuredClone(TEMPLATE);
}

function documents(template: CloudFormation): { Statement: Record<string, unknown>[] }[] {
  return Object.values(template.Resources)
    .filter(({ Type }) => ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy'].includes(Type))
    .map(({ Properties }) => Properties.PolicyDocument as { Statement: Record<string, unknown>[] });
}
