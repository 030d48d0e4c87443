/**
 * What CloudFormation has no type for: approval rule templates, and leaving nothing behind. A custom resource that is
 * made last and goes first, so that it finds everything else in place.
 */
import { resolve } from 'node:path';

import { CustomResource, Duration } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { LoggingFormat, Runtime } from 'aws-cdk-lib/aws-lambda';
import { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

import { acknowledge } from './acknowledge';
import type { DeploymentProperties } from './deployment/properties';
import { functionRole, logGroupOf } from './functions';
import { PREVIEW_REFERENCES, type Names } from './names';

const PACKAGE = resolve(__dirname, '..');

/** Properties of the deployment. */
export interface DeploymentProps {
  readonly names: Names;
  readonly repositories: readonly string[];
  readonly destinations: readonly string[];
  readonly artifacts: IBucket;
  readonly triggers: readonly string[];
  readonly logRetention: RetentionDays;
}

/** The custom resource and the function behind it. */
export class Deployment extends Construct {
  private readonly resource: CustomResource;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: DeploymentProps,
  ) {
    super(scope, id);
    const handler = this.handler();
    const properties: DeploymentProperties = {
      service: props.names.service,
      stateMachineArn: props.names.stateMachineArn,
      rules: props.triggers.map((trigger) => props.names.rule(trigger)),
      bucket: props.artifacts.bucketName,
      approver: props.names.approvalPoolMember,
      destinations: [...props.destinations],
      repositories: props.repositories.map((name) => ({
        name,
        approvalRule: props.names.approvalRule(name),
      })),
    };
    this.resource = new CustomResource(this, 'Resource', {
      resourceType: 'Custom::MergegateDeployment',
      serviceToken: handler.functionArn,
      serviceTimeout: Duration.minutes(16),
      properties,
    });
    this.resource.node.addDependency(handler);
  }

  /** Waits for `others` before it is made, and goes before they do. */
  after(...others: readonly Construct[]): void {
    this.resource.node.addDependency(...others);
  }

  /** The gated references of a repository: as deployed, or its default branch as it was found. */
  references(repository: string): string[] {
    const { repositories, destinations } = this.props;
    if (destinations.length > 0) {
      return destinations.map((branch) => `refs/heads/${branch}`);
    }
    return [this.resource.getAttString(`References${repositories.indexOf(repository)}`)];
  }

  private handler(): NodejsFunction {
    const { names, logRetention } = this.props;
    const functionName = names.function('deployment');
    const logGroup = logGroupOf(this, functionName, logRetention);
    const role = functionRole(this, names, 'deployment', logGroup);
    this.permissions().forEach((statement) => role.addToPolicy(statement));
    acknowledge(role, {
      'AwsSolutions-IAM5':
        'It removes what the gate made, which it knows by prefix only; test/policies.test.ts holds the list.',
    });
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
    return handler;
  }

  private permissions(): PolicyStatement[] {
    const { names, artifacts } = this.props;
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
        this.props.triggers.map((trigger) => names.ruleArn(trigger)),
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
        ['DeleteParameters'],
        [names.parameterArn('pull-requests/*'), names.parameterArn('repositories/*/durations')],
      ),
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
