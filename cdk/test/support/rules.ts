/**
 * What must hold for the permissions of a template (I8, I10, one writer per parameter). Answers sentences: the template
 * is right when there are none.
 */
import { allows, matches, reachesAction, rolesOf, type Statement } from './iam';
import { resourcesOf, type CloudFormation } from './template';

const ACCOUNT = '123456789012';
const REPOSITORY = `arn:aws:codecommit:eu-central-1:${ACCOUNT}:my-repository`;
const PROJECT = `arn:aws:codebuild:eu-central-1:${ACCOUNT}:project/mergegate-pr-7`;
const PARAMETER = `arn:aws:ssm:eu-central-1:${ACCOUNT}:parameter/mergegate/mergegate`;
const MACHINE = `arn:aws:states:eu-central-1:${ACCOUNT}:stateMachine:mergegate`;
const FUNCTION = `arn:aws:lambda:eu-central-1:${ACCOUNT}:function:mergegate`;
const ROLE = `arn:aws:iam::${ACCOUNT}:role/mergegate`;

/** Who a role is: its name without service and Region. */
const role = (name: string): string => `mergegate-${name}-eu-central-1`;

/** What speaks or decides on a pull request: the reporter's alone. */
export const VOICE = [
  'codecommit:UpdatePullRequestApprovalState',
  'codecommit:PostCommentForPullRequest',
  'codecommit:PostCommentForComparedCommit',
  'codecommit:PostCommentReply',
  'codecommit:UpdateComment',
  'codecommit:DeleteCommentContent',
  'codecommit:PutCommentReaction',
];

/** What nobody of the gate may do at all. */
const NOBODY = [
  'codecommit:OverridePullRequestApprovalRules',
  'codecommit:MergePullRequestByFastForward',
  'codecommit:MergePullRequestBySquash',
  'codecommit:MergePullRequestByThreeWay',
  'codecommit:MergeBranchesByFastForward',
  'codecommit:GitPush',
  'codecommit:CreateCommit',
  'codecommit:PutFile',
  'codecommit:CreatePullRequest',
  'codecommit:UpdatePullRequestStatus',
  'codecommit:UpdatePullRequestTitle',
];

/** What a build must never do, each on something real. */
export const DANGEROUS: readonly (readonly [string, string])[] = [
  ...[...VOICE, ...NOBODY].map((action) => [action, REPOSITORY] as const),
  ['codecommit:CreateBranch', REPOSITORY],
  ['codecommit:DeleteBranch', REPOSITORY],
  ['codecommit:DeleteFile', REPOSITORY],
  ['codecommit:CreateUnreferencedMergeCommit', REPOSITORY],
  ['codecommit:CreatePullRequestApprovalRule', REPOSITORY],
  ['codecommit:DeletePullRequestApprovalRule', REPOSITORY],
  ['codecommit:UpdatePullRequestApprovalRuleContent', REPOSITORY],
  ['codecommit:DisassociateApprovalRuleTemplateFromRepository', REPOSITORY],
  ['codecommit:UpdateApprovalRuleTemplateContent', '*'],
  ['codecommit:DeleteApprovalRuleTemplate', '*'],
  ['codebuild:StartBuild', PROJECT],
  ['codebuild:StopBuild', PROJECT],
  ['codebuild:RetryBuild', PROJECT],
  ['codebuild:StartBuildBatch', PROJECT],
  ['codebuild:CreateProject', PROJECT],
  ['codebuild:UpdateProject', PROJECT],
  ['codebuild:DeleteProject', PROJECT],
  ['codebuild:CreateReportGroup', PROJECT.replace('project', 'report-group')],
  ['codebuild:DeleteReportGroup', PROJECT.replace('project', 'report-group')],
  ['ssm:PutParameter', `${PARAMETER}/pull-requests/7/result`],
  ['ssm:PutParameter', `${PARAMETER}/repositories/my-repository/settings`],
  ['ssm:DeleteParameter', `${PARAMETER}/pull-requests/7/run`],
  ['ssm:DeleteParameters', `${PARAMETER}/pull-requests/7/run`],
  ['states:StartExecution', MACHINE],
  ['states:StopExecution', `${MACHINE.replace('stateMachine', 'execution')}:pr-7`],
  ['states:UpdateStateMachine', MACHINE],
  ['lambda:InvokeFunction', `${FUNCTION}-reporter`],
  ['lambda:UpdateFunctionCode', `${FUNCTION}-reporter`],
  ['events:PutEvents', `arn:aws:events:eu-central-1:${ACCOUNT}:event-bus/default`],
  ['events:DisableRule', `arn:aws:events:eu-central-1:${ACCOUNT}:rule/mergegate-pullRequest`],
  ['iam:PassRole', `${ROLE}-reporter-eu-central-1`],
  ['iam:UpdateAssumeRolePolicy', `${ROLE}-reporter-eu-central-1`],
  ['iam:PutRolePolicy', `${ROLE}-build-my-repository-e735fa-eu-central-1`],
  ['sts:AssumeRole', `${ROLE}-reporter-eu-central-1`],
  [
    'cloudformation:UpdateStack',
    `arn:aws:cloudformation:eu-central-1:${ACCOUNT}:stack/mergegate-mergegate/1`,
  ],
];

/** Actions that know no resource (service authorization reference), so that `*` is the only way to allow them. */
const WITHOUT_RESOURCE = [
  'codebuild:ListProjects',
  'codebuild:ListReportGroups',
  'codecommit:CreateApprovalRuleTemplate',
  'codecommit:DeleteApprovalRuleTemplate',
  'codecommit:GetApprovalRuleTemplate',
  'codecommit:UpdateApprovalRuleTemplateContent',
  'ec2:DescribeDhcpOptions',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSecurityGroups',
  'ec2:DescribeSubnets',
  'ec2:DescribeVpcs',
  'ecr:GetAuthorizationToken',
  'logs:CreateLogDelivery',
  'logs:DeleteLogDelivery',
  'logs:DescribeLogGroups',
  'logs:DescribeResourcePolicies',
  'logs:GetLogDelivery',
  'logs:ListLogDeliveries',
  'logs:PutResourcePolicy',
  'logs:UpdateLogDelivery',
  'xray:GetSamplingRules',
  'xray:GetSamplingTargets',
  'xray:PutTelemetryRecords',
  'xray:PutTraceSegments',
];

/** Who writes which parameter. */
const WRITERS: readonly (readonly [string, readonly string[]])[] = [
  ['pull-requests/7/run', ['environment', 'builder', 'reporter']],
  ['pull-requests/7/environment', ['environment']],
  ['pull-requests/7/result', ['reporter']],
  ['repositories/my-repository/durations', ['reporter']],
  ['repositories/my-repository/rules-0123456789abcdef', ['environment']],
  ['repositories/my-repository/moves-0123456789abcdef', ['router']],
  ['repositories/my-repository/settings', ['deployment']],
];

/** The roles that run code of pull requests, of two repositories at most. */
const BUILDS = [role('build-my-repository-e735fa'), role('container-my-repository-e735fa')];
const FURTHER_BUILDS = [role('build-other-7e4fa2'), role('container-other-7e4fa2')];

/** Who passes which roles, each to CodeBuild only. */
const PASSES: Readonly<Record<string, readonly string[]>> = {
  [role('environment')]: [
    `${ROLE}-build-my-repository-e735fa-eu-central-1`,
    `${ROLE}-build-other-7e4fa2-eu-central-1`,
  ],
  [role('builder')]: [
    `${ROLE}-container-my-repository-e735fa-eu-central-1`,
    `${ROLE}-container-other-7e4fa2-eu-central-1`,
  ],
};

/** What adds an image to a registry. */
const IMAGE_PUSHES = [
  'ecr:InitiateLayerUpload',
  'ecr:UploadLayerPart',
  'ecr:CompleteLayerUpload',
  'ecr:PutImage',
];

/** What changes a registry otherwise. */
const IMAGE_CHANGES = ['ecr:BatchDeleteImage', 'ecr:SetRepositoryPolicy', 'ecr:PutImageTagMutability'];

/** Every rule that the permissions of a template break. */
export function brokenRules(template: CloudFormation): string[] {
  const roles = rolesOf(template);
  return [
    ...BUILDS.flatMap((name) => buildRole(roles.get(name) ?? [])),
    ...FURTHER_BUILDS.flatMap((name) => buildRole(roles.get(name) ?? roles.get(BUILDS[0] ?? '') ?? [])),
    ...[...roles].flatMap(([name, statements]) => [
      ...voices(name, statements),
      ...wildcards(name, statements),
      ...passRole(name, statements),
      ...writers(name, statements),
      ...invocations(name, statements),
      ...images(name, statements),
    ]),
    ...trust(template),
    ...pool(template),
    ...attached(template),
  ];
}

function grants(statements: readonly Statement[]): Statement[] {
  return statements.filter((statement) => statement.effect === 'Allow');
}

/** Denied, and not even allowed if the Deny were not there. */
function buildRole(statements: readonly Statement[]): string[] {
  return DANGEROUS.flatMap(([action, resource]) => [
    ...(allows(statements, action, resource) ? [`builds may ${action}`] : []),
    ...(allows(grants(statements), action, resource)
      ? [`builds are allowed ${action}, were it not denied`]
      : []),
    ...(deniesEverywhere(statements, action) ? [] : [`builds are not denied ${action}`]),
  ]);
}

function deniesEverywhere(statements: readonly Statement[], action: string): boolean {
  return statements.some(
    (statement) =>
      statement.effect === 'Deny' &&
      statement.condition === undefined &&
      statement.resources.includes('*') &&
      reachesAction(statement, action),
  );
}

function voices(name: string, statements: readonly Statement[]): string[] {
  const forbidden = name === role('reporter') ? NOBODY : [...VOICE, ...NOBODY];
  const reached = forbidden.filter((action) =>
    grants(statements).some((statement) => reachesAction(statement, action)),
  );
  return reached.map((action) => `${name} may ${action}`);
}

function wildcards(name: string, statements: readonly Statement[]): string[] {
  const broad = grants(statements).filter(
    (statement) =>
      statement.notActions.length > 0 ||
      statement.resources.some((resource) => matches(resource, 'arn:aws:any:thing')),
  );
  return broad.flatMap((statement) =>
    [...statement.actions, ...statement.notActions]
      .filter((action) => !WITHOUT_RESOURCE.includes(action))
      .map((action) => `${name} may ${action} on every resource`),
  );
}

function passRole(name: string, statements: readonly Statement[]): string[] {
  const wrong = grants(statements).filter(
    (statement) =>
      reachesAction(statement, 'iam:PassRole') &&
      !(
        statement.resources.every((resource) => PASSES[name]?.includes(resource)) &&
        statement.condition?.StringEquals?.['iam:PassedToService'] === 'codebuild.amazonaws.com'
      ),
  );
  return wrong.map(({ resources }) => `${name} may pass ${resources.join(', ')}`);
}

function writers(name: string, statements: readonly Statement[]): string[] {
  return WRITERS.filter(
    ([path, own]) =>
      allows(grants(statements), 'ssm:PutParameter', `${PARAMETER}/${path}`) &&
      !own.some((writer) => name === role(writer)),
  ).map(([path]) => `${name} may write ${path}`);
}

/** Functions are invoked by the state machine only, and by it only its three. */
function invocations(name: string, statements: readonly Statement[]): string[] {
  const own = name === role('state-machine') ? ['environment', 'builder', 'reporter'] : [];
  const permitted = own.map((word) => `${FUNCTION}-${word}`);
  return grants(statements)
    .filter((statement) => reachesAction(statement, 'lambda:InvokeFunction'))
    .flatMap((statement) => statement.resources)
    .filter((resource) => !permitted.includes(resource))
    .map((resource) => `${name} may invoke ${resource}`);
}

/** Images are pushed by container builds only, to their one repository, and replaced or removed by nobody. */
function images(name: string, statements: readonly Statement[]): string[] {
  const own = `arn:aws:ecr:eu-central-1:${ACCOUNT}:repository/mergegate`;
  const permitted = (action: string, resource: string): boolean =>
    [BUILDS[1], FURTHER_BUILDS[1]].includes(name) && resource === own && IMAGE_PUSHES.includes(action);
  return [...IMAGE_PUSHES, ...IMAGE_CHANGES].flatMap((action) =>
    grants(statements)
      .filter((statement) => reachesAction(statement, action))
      .flatMap(({ resources }) => resources)
      .filter((resource) => !permitted(action, resource))
      .map((resource) => `${name} may ${action} on ${resource}`),
  );
}

/** Each role is one service's; nobody else becomes it. */
function trust(template: CloudFormation): string[] {
  return resourcesOf(template, 'AWS::IAM::Role').flatMap(({ Properties }) => {
    const document = Properties.AssumeRolePolicyDocument as { Statement: { Principal: unknown }[] };
    const services = ['lambda', 'states', 'codebuild'].map((name) => ({ Service: `${name}.amazonaws.com` }));
    const wrong = document.Statement.filter(
      ({ Principal }) => !services.some((own) => JSON.stringify(own) === JSON.stringify(Principal)),
    );
    return wrong.map(
      ({ Principal }) => `${String(Properties.RoleName)} is trusted to ${JSON.stringify(Principal)}`,
    );
  });
}

/** The approval rule's pool is the reporter and nobody else of the template. */
function pool(template: CloudFormation): string[] {
  const members = resourcesOf(template, 'Custom::MergegateDeployment').map(({ Properties }) =>
    String(Properties.approver),
  );
  return [...rolesOf(template).keys()].flatMap((name) => {
    const caller = `arn:aws:sts::${ACCOUNT}:assumed-role/${name}/session`;
    const counts = members.some((member) => matches(member, caller));
    return counts === (name === role('reporter'))
      ? []
      : [`${name} ${counts ? 'satisfies' : 'does not satisfy'} the rule`];
  });
}

/** What is attached from outside cannot be judged from the template. */
function attached(template: CloudFormation): string[] {
  const own = resourcesOf(template, 'AWS::IAM::ManagedPolicy').map(
    ({ Properties }) => `arn:aws:iam::${ACCOUNT}:policy/${String(Properties.ManagedPolicyName)}`,
  );
  return resourcesOf(template, 'AWS::IAM::Role').flatMap(({ Properties }) =>
    ((Properties.ManagedPolicyArns ?? []) as string[])
      .filter((arn) => !own.includes(arn))
      .map((arn) => `${String(Properties.RoleName)} has ${arn}, which is from elsewhere`),
  );
}
