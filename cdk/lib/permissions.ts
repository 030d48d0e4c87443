/**
 * What each function may do: exactly the calls its code makes, on the resources of this deployment. A test derives the
 * calls from the Rust code and fails when an action is missing or unused.
 */
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';

import type { BuildRoles } from './build-role';
import {
  BASELINES_PREFIX,
  FINDINGS_PREFIX,
  PREVIEW_REFERENCES,
  RAW_REPORTS_PREFIX,
  REPORTS_PREFIX,
  type FunctionName,
  type Names,
} from './names';

/** What statements are about. */
export interface Subjects {
  readonly names: Names;
  readonly repositories: readonly string[];
  readonly artifacts: IBucket;
  readonly buildRoles: ReadonlyMap<string, BuildRoles>;
  /** What seals the states of runs. */
  readonly seal: ISecret;
}

/** The statements of one function's role. */
export function permissions(name: FunctionName, subjects: Subjects): PolicyStatement[] {
  return STATEMENTS[name](subjects);
}

const STATEMENTS: Record<FunctionName, (subjects: Subjects) => PolicyStatement[]> = {
  router,
  environment,
  builder,
  reporter,
};

function router(subjects: Subjects): PolicyStatement[] {
  const { names } = subjects;
  return [
    repositories(subjects, [
      'DescribePullRequestEvents',
      'GetBranch',
      'GetComment',
      'GetCommentsForPullRequest',
      'GetCommit',
      'GetFile',
      'GetPullRequest',
      'GetPullRequestApprovalStates',
      'GetRepository',
      'ListBranches',
      'ListPullRequests',
    ]),
    allow('codebuild', ['ListProjects', 'ListReportGroups'], ['*']),
    allow('states', ['StartExecution'], [names.stateMachineArn]),
    allow('states', ['DescribeExecution'], [names.executionsArn]),
    allow(
      'ssm',
      ['GetParameter'],
      parameters(
        names,
        'pull-requests/*/run',
        'pull-requests/*/environment',
        'pull-requests/*/result',
        'repositories/*/settings',
        'repositories/*/moves-*',
      ),
    ),
    allow('ssm', ['PutParameter'], parameters(names, 'repositories/*/moves-*')),
    allow(
      'ssm',
      ['GetParametersByPath'],
      [...folder(names, 'repositories'), ...folder(names, 'pull-requests')],
    ),
  ];
}

function environment(subjects: Subjects): PolicyStatement[] {
  const { names, buildRoles } = subjects;
  // No page of AWS says that CreateBranch is asked for with a reference: where it is, only one of the gate's own is allowed.
  const create = repositories(subjects, ['CreateBranch']);
  create.addCondition('StringLikeIfExists', { 'codecommit:References': PREVIEW_REFERENCES });
  const drop = repositories(subjects, ['DeleteBranch']);
  drop.addCondition('StringLike', { 'codecommit:References': PREVIEW_REFERENCES });
  return [
    repositories(subjects, [
      'CreateUnreferencedMergeCommit',
      'GetBranch',
      'GetCommit',
      'GetDifferences',
      'GetFile',
      'GetFolder',
      'GetMergeConflicts',
      'GetPullRequest',
      'GetRepository',
      'ListBranches',
    ]),
    create,
    drop,
    allow(
      'codebuild',
      ['BatchGetBuilds', 'CreateProject', 'DeleteProject', 'ListBuildsForProject', 'UpdateProject'],
      [names.projectsArn],
    ),
    allow('codebuild', ['CreateReportGroup', 'DeleteReportGroup'], [names.reportGroupsArn]),
    allow('codebuild', ['ListReportGroups'], ['*']),
    passRole([...buildRoles.values()].map(({ plain }) => plain.roleArn)),
    allow(
      'ssm',
      ['GetParameter'],
      parameters(
        names,
        'pull-requests/*/run',
        'pull-requests/*/result',
        'pull-requests/*/commands/*',
        'repositories/*/settings',
        'repositories/*/durations',
        'repositories/*/rules-*',
      ),
    ),
    allow(
      'ssm',
      ['PutParameter'],
      parameters(names, 'pull-requests/*/run', 'pull-requests/*/environment', 'repositories/*/rules-*'),
    ),
    allow('ssm', ['GetParametersByPath', 'DeleteParameters'], parameters(names, 'pull-requests/*')),
    key(subjects),
  ];
}

function builder(subjects: Subjects): PolicyStatement[] {
  const { names, buildRoles } = subjects;
  return [
    repositories(subjects, ['GetFile', 'GetPullRequest']),
    allow(
      'codebuild',
      ['BatchGetBuilds', 'ListBuildsForProject', 'StartBuild', 'StopBuild'],
      [names.projectsArn],
    ),
    passRole([...buildRoles.values()].map(({ container }) => container.roleArn)),
    // Of the settings: whether a repository is gated still.
    allow('ssm', ['GetParameter'], parameters(names, 'pull-requests/*/run', 'repositories/*/settings')),
    allow('ssm', ['PutParameter'], parameters(names, 'pull-requests/*/run')),
    key(subjects),
  ];
}

function reporter(subjects: Subjects): PolicyStatement[] {
  const { names, artifacts } = subjects;
  const objects = (...prefixes: string[]) => prefixes.map((prefix) => artifacts.arnForObjects(`${prefix}*`));
  const written = parameters(
    names,
    'pull-requests/*/run',
    'pull-requests/*/result',
    'repositories/*/durations',
  );
  return [
    repositories(subjects, [
      'DescribePullRequestEvents',
      'GetBranch',
      'GetCommentsForPullRequest',
      'GetCommit',
      'GetDifferences',
      'GetFile',
      'GetPullRequest',
      'GetPullRequestApprovalStates',
      'PostCommentForPullRequest',
      'PostCommentReply',
      'UpdateComment',
      'UpdatePullRequestApprovalState',
    ]),
    allow('codebuild', ['BatchGetBuilds', 'ListBuildsForProject'], [names.projectsArn]),
    allow(
      'codebuild',
      ['BatchGetReports', 'DescribeCodeCoverages', 'DescribeTestCases'],
      [names.reportGroupsArn],
    ),
    allow('states', ['DescribeExecution'], [names.executionsArn]),
    allow('logs', ['GetLogEvents'], [`${names.buildLogGroupArn()}:log-stream:${names.service}-pr-*`]),
    allow('s3', ['GetObject'], objects(BASELINES_PREFIX, FINDINGS_PREFIX, RAW_REPORTS_PREFIX)),
    allow('s3', ['PutObject'], objects(BASELINES_PREFIX, FINDINGS_PREFIX, REPORTS_PREFIX)),
    // Raw files of reports; and without it S3 answers AccessDenied for an object that is not there.
    allow('s3', ['ListBucket'], [artifacts.bucketArn]),
    allow('ssm', ['GetParameter', 'PutParameter'], written),
    allow('ssm', ['GetParametersByPath'], folder(names, 'pull-requests/*/commands')),
    allow('ssm', ['PutParameter'], parameters(names, 'pull-requests/*/commands/*')),
    key(subjects),
  ];
}

/** Of what seals the states of runs. */
function key({ seal }: Subjects): PolicyStatement {
  return allow('secretsmanager', ['GetSecretValue'], [seal.secretArn]);
}

/** To CodeBuild, and to nobody else. */
function passRole(roleArns: string[]): PolicyStatement {
  const statement = new PolicyStatement({ actions: ['iam:PassRole'], resources: roleArns });
  statement.addCondition('StringEquals', { 'iam:PassedToService': 'codebuild.amazonaws.com' });
  return statement;
}

function repositories({ names, repositories }: Subjects, actions: readonly string[]): PolicyStatement {
  return allow(
    'codecommit',
    actions,
    repositories.map((repository) => names.repositoryArn(repository)),
  );
}

function parameters(names: Names, ...paths: readonly string[]): string[] {
  return paths.map((path) => names.parameterArn(path));
}

/** A read by path is checked against the path itself. */
function folder(names: Names, path: string): string[] {
  return parameters(names, path, `${path}/*`);
}

function allow(service: string, actions: readonly string[], resources: readonly string[]): PolicyStatement {
  return new PolicyStatement({
    actions: actions.map((action) => `${service}:${action}`),
    resources: [...resources],
  });
}
