/**
 * What CloudFormation has no type for. One custom resource reads the gated references, so that a repository that does not
 * exist ends a deployment before it begins; another one keeps the approval rules and leaves nothing behind. The second is
 * made last and goes first, so that it finds everything else in place.
 */
import { resolve } from 'node:path';

import { CustomResource, Duration } from 'aws-cdk-lib';
import { type IManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { LoggingFormat, Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

import { grant } from './acknowledge';
import type { DeploymentProperties, ReferencesProperties, SettingsParameter } from './deployment/properties';
import { functionRole, logGroupOf } from './functions';
import { useOfAnyKey, type RepositoryKeys } from './keys';
import { chunks } from './deployment/outcomes';
import { approvalRule, PREVIEW_REFERENCES, type Names } from './names';

const PACKAGE = resolve(__dirname, '..');

/** CloudFormation takes answers of 4,096 bytes: a default branch takes up to 256 characters, and what stands around all of them 600. */
const REFERENCES_PER_ANSWER = 10;

/** Properties of the deployment. */
export interface DeploymentProps {
  readonly names: Names;
  readonly repositories: readonly string[];
  readonly destinations: readonly string[];
  readonly repositoryKeys: RepositoryKeys;
  readonly artifacts: IBucket;
  /** The names of the rules that call the router. */
  readonly triggers: readonly string[];
  readonly logRetention: RetentionDays;
  /** Something that was not said before, to have everything looked at though nothing has changed. */
  readonly repair?: string;
}

/** The custom resource and the function behind it. */
export class Deployment extends Construct {
  private readonly handler: NodejsFunction;
  private readonly references: readonly CustomResource[];

  constructor(
    scope: Construct,
    id: string,
    private readonly props: DeploymentProps,
  ) {
    super(scope, id);
    const { names, repositories } = props;
    this.handler = this.makeHandler();
    this.references = chunks(repositories, REFERENCES_PER_ANSWER).map((some, place) => {
      const references: ReferencesProperties = {
        service: names.service,
        destinations: [...props.destinations],
        repositories: some,
      };
      const id = place === 0 ? 'References' : `References${place + 1}`;
      return this.resource(id, 'Custom::MergegateReferences', references);
    });
  }

  /** The gated references of a repository: as they are named, or its default branch as it was found. */
  referencesOf(repository: string): string[] {
    const { repositories, destinations } = this.props;
    if (destinations.length > 0) {
      return destinations.map((branch) => `refs/heads/${branch}`);
    }
    const place = repositories.indexOf(repository);
    const answer = this.references[Math.floor(place / REFERENCES_PER_ANSWER)];
    if (answer === undefined) {
      throw new Error(`\`${repository}\` is not gated`);
    }
    return [answer.getAttString(`References${place % REFERENCES_PER_ANSWER}`)];
  }

  /** Sets the approval rules up once `others` stand, and takes everything down before they go; answers who lacks a policy. */
  finish(
    policies: readonly IManagedPolicy[],
    settings: readonly SettingsParameter[],
    ...others: readonly Construct[]
  ): string {
    const { names, repositories, destinations, triggers, artifacts } = this.props;
    const properties: DeploymentProperties = {
      service: names.service,
      stateMachineArn: names.stateMachineArn,
      rules: [...triggers],
      bucket: artifacts.bucketName,
      policyArns: policies.map((policy) => policy.managedPolicyArn),
      approver: names.approvalPoolMember,
      destinations: [...destinations],
      repositories: repositories.map((name) => ({ name, approvalRule: approvalRule(names.service, name) })),
      settings,
    };
    const resource = this.resource('Rules', 'Custom::MergegateDeployment', properties);
    resource.node.addDependency(...policies, ...others);
    return resource.getAttString('PoliciesToAttach');
  }

  private resource(id: string, resourceType: string, properties: Record<string, unknown>): CustomResource {
    const resource = new CustomResource(this, id, {
      resourceType,
      serviceToken: this.handler.functionArn,
      serviceTimeout: Duration.minutes(16),
      properties: { ...properties, repair: this.props.repair },
    });
    resource.node.addDependency(this.handler);
    return resource;
  }

  private makeHandler(): NodejsFunction {
    const { names, logRetention } = this.props;
    const functionName = names.function('deployment');
    const logGroup = logGroupOf(this, functionName, logRetention);
    const role = functionRole(this, names, 'deployment', logGroup);
    grant(role, ...this.permissions());
    const handler = new NodejsFunction(this, 'Function', {
      functionName,
      description: 'Approval rule templates, and leaving nothing behind; called by CloudFormation',
      entry: resolve(__dirname, 'deployment/handler.ts'),
      projectRoot: PACKAGE,
      depsLockFilePath: resolve(PACKAGE, 'package-lock.json'),
      runtime: Runtime.NODEJS_24_X,
      // The SDK comes along: the deployment is what was tested, and does not depend on what the runtime holds.
      bundling: { target: 'node20', minify: true, bundleAwsSDK: true },
      role,
      logGroup,
      loggingFormat: LoggingFormat.JSON,
      memorySize: 256,
      timeout: Duration.minutes(15),
    });
    handler.node.addDependency(role);
    // CloudFormation asks once and waits: what is asked again, or late, may undo what was done meanwhile.
    handler.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: Duration.minutes(1) });
    return handler;
  }

  /** A policy that is attached to somebody cannot be deleted. */
  private letGoOfPeople(): PolicyStatement[] {
    const { names } = this.props;
    const policyArns = names.protectBranchesArns;
    const detach = allow(
      'iam',
      ['DetachGroupPolicy', 'DetachRolePolicy', 'DetachUserPolicy'],
      [names.identityArn('group/*'), names.identityArn('role/*'), names.identityArn('user/*')],
    );
    detach.addCondition('ArnLike', { 'iam:PolicyARN': policyArns });
    return [allow('iam', ['ListEntitiesForPolicy'], [policyArns]), detach];
  }

  private permissions(): PolicyStatement[] {
    const { names, artifacts, repositoryKeys } = this.props;
    const anyRepository = [names.repositoryArn('*')];
    const previews = allow('codecommit', ['DeleteBranch'], anyRepository);
    previews.addCondition('StringLike', { 'codecommit:References': PREVIEW_REFERENCES });
    return [
      allow(
        'codecommit',
        [
          'CreateApprovalRuleTemplate',
          'DeleteApprovalRuleTemplate',
          'GetApprovalRuleTemplate',
          'UpdateApprovalRuleTemplateContent',
        ],
        ['*'],
      ),
      // A repository that leaves the list must still be let go of.
      allow(
        'codecommit',
        [
          'AssociateApprovalRuleTemplateWithRepository',
          'CreatePullRequestApprovalRule',
          'DeletePullRequestApprovalRule',
          'DisassociateApprovalRuleTemplateFromRepository',
          'GetPullRequest',
          'GetRepository',
          'ListBranches',
          'ListPullRequests',
          'UpdatePullRequestApprovalRuleContent',
        ],
        anyRepository,
      ),
      previews,
      allow(
        'events',
        ['DisableRule'],
        this.props.triggers.map((rule) => names.ruleArn(rule)),
      ),
      allow('states', ['ListExecutions'], [names.stateMachineArn]),
      allow('states', ['StopExecution'], [names.executionsArn]),
      allow('codebuild', ['ListProjects', 'ListReportGroups'], ['*']),
      allow(
        'codebuild',
        ['BatchGetBuilds', 'DeleteProject', 'ListBuildsForProject', 'StopBuild'],
        [names.projectsArn],
      ),
      allow('codebuild', ['DeleteReportGroup'], [names.reportGroupsArn]),
      allow('ssm', ['GetParametersByPath'], [names.parameterArn('*')]),
      allow(
        'ssm',
        ['GetParameter'],
        [names.parameterArn('pull-requests/*/environment'), names.parameterArn('repositories/*/settings')],
      ),
      allow('ssm', ['PutParameter'], [names.parameterArn('repositories/*/settings')]),
      allow(
        'ssm',
        ['DeleteParameters'],
        [
          'pull-requests/*',
          ...['durations', 'rules-*', 'moves-*'].map((name) => `repositories/*/${name}`),
        ].map((name) => names.parameterArn(name)),
      ),
      ...useOfAnyKey(this, repositoryKeys),
      ...this.letGoOfPeople(),
      allow('s3', ['ListBucketVersions'], [artifacts.bucketArn]),
      allow('s3', ['DeleteObject', 'DeleteObjectVersion'], [artifacts.arnForObjects('*')]),
    ];
  }
}

function allow(service: string, actions: readonly string[], resources: readonly string[]): PolicyStatement {
  return new PolicyStatement({
    actions: actions.map((action) => `${service}:${action}`),
    resources: [...resources],
  });
}
