/**
 * Names of what a deployment consists of. The Rust side builds the same names (`gate_core::names`); approvals and
 * comments hang on those of the reporter, so none of them may change from release to release.
 */
import { createHash } from 'node:crypto';

import { ArnFormat, Stack } from 'aws-cdk-lib';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';

/** The Lambda functions, by the name of their binary. */
export const FUNCTIONS = ['router', 'environment', 'builder', 'reporter'] as const;

/** One of the Lambda functions. */
export type FunctionName = (typeof FUNCTIONS)[number];

/** Branches below `refs/heads/` that the gate creates and deletes. */
export const PREVIEW_REFERENCES = 'refs/heads/mergegate/*';

const PROTECT_BRANCHES = 'protect-branches';

const APPROVAL_RULE_LIMIT = 100;

/** IAM takes names of so many characters, and tells them apart by more than case. */
const ROLE_LIMIT = 64;

/** The approval rule and template of a repository; CodeCommit takes at most 100 characters. */
export function approvalRule(service: string, repository: string): string {
  const name = `${service}-${repository}`;
  if (name.length <= APPROVAL_RULE_LIMIT) {
    return name;
  }
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 8);
  return `${name.slice(0, APPROVAL_RULE_LIMIT - 9)}-${hash}`;
}

/** By this a repository is told in names that have no room for its own (`gate_core::names::hash`). */
export function repositoryKey(repository: string): string {
  return createHash('sha256').update(`${repository}\n`).digest('hex').slice(0, 8);
}

/** Where builds may write what they want to keep, each below its repository and its project. */
export const ARTIFACT_PREFIX = 'builds/';
/** Where CodeBuild, under the role of builds, keeps the files that reports were made from. */
export const RAW_REPORTS_PREFIX = `${ARTIFACT_PREFIX}*/raw/`;
/** Where the reporter keeps what it found in a tree, what it knows of a destination, and pages with all results. */
export const FINDINGS_PREFIX = 'findings/';
export const BASELINES_PREFIX = 'baselines/';
export const REPORTS_PREFIX = 'reports/';

/** Names and ARNs of one deployment. */
export class Names {
  private readonly stack: Stack;

  constructor(
    scope: IConstruct,
    readonly service: string,
  ) {
    this.stack = Stack.of(scope);
  }

  /** The state machine. */
  get stateMachine(): string {
    return this.service;
  }

  /** A Lambda function. */
  function(name: FunctionName | 'deployment'): string {
    return `${this.service}-${name}`;
  }

  /** A role; roles are global to the account, so the Region is part of the name. */
  role(name: string): string {
    return `${this.service}-${name}-${this.stack.region}`;
  }

  /** The role of one repository's builds: the place of the repository in a list does not matter. */
  buildRole(kind: 'build' | 'container', repository: string): string {
    const key = repositoryKey(repository).slice(0, 6);
    const room = ROLE_LIMIT - this.role([kind, key].join('-')).length - 1;
    const readable = repository.slice(0, Math.max(0, room));
    return this.role([kind, ...(readable === '' ? [] : [readable]), key].join('-'));
  }

  /** An EventBridge rule. */
  rule(trigger: string): string {
    return `${this.service}-${trigger}`;
  }

  /** Who the reporter is when it calls CodeCommit: its role, in a session that bears the function's name. */
  get reporterArn(): string {
    return this.arn('sts', `assumed-role/${this.role('reporter')}/${this.function('reporter')}`, {
      region: '',
    });
  }

  /** Who the builder is when it calls CodeBuild: no builds of others count. */
  get builderArn(): string {
    return this.arn('sts', `assumed-role/${this.role('builder')}/${this.function('builder')}`, {
      region: '',
    });
  }

  /** Who may satisfy the approval rule: every session of the reporter's role. */
  get approvalPoolMember(): string {
    return this.arn('sts', `assumed-role/${this.role('reporter')}/*`, { region: '' });
  }

  /** What the ARNs of all sessions of a role start with. */
  sessionsOf(roleArn: string): string {
    const name = roleArn.slice(roleArn.lastIndexOf('/') + 1);
    return this.arn('sts', `assumed-role/${name}/`, { region: '' });
  }

  /** A service that assumes a role for this account and this thing alone (the services' pages on the confused deputy). */
  deputy(service: 'codebuild' | 'states', sourceArn: string): ServicePrincipal {
    return new ServicePrincipal(`${service}.amazonaws.com`, {
      conditions: {
        StringEquals: { 'aws:SourceAccount': this.stack.account },
        ArnLike: { 'aws:SourceArn': sourceArn },
      },
    });
  }

  get stateMachineArn(): string {
    return this.arn('states', `stateMachine:${this.stateMachine}`);
  }

  get executionsArn(): string {
    return this.arn('states', `execution:${this.stateMachine}:*`);
  }

  functionArn(name: FunctionName | 'deployment'): string {
    return this.arn('lambda', `function:${this.function(name)}`);
  }

  ruleArn(rule: string): string {
    return this.arn('events', `rule/${rule}`);
  }

  repositoryArn(repository: string): string {
    return this.arn('codecommit', repository);
  }

  /** The queue of what could not be handled. */
  get deadLetters(): string {
    return `${this.service}-dead-letters`;
  }

  get deadLettersArn(): string {
    return this.arn('sqs', this.deadLetters);
  }

  /** The topic that the app makes. */
  get notifications(): string {
    return `${this.service}-notifications`;
  }

  get notificationsArn(): string {
    return this.arn('sns', this.notifications);
  }

  /** All alarms. */
  get alarmsArn(): string {
    return this.arn('cloudwatch', `alarm:${this.service}-*`);
  }

  /** The stack that all of it is in. */
  get stackArn(): string {
    return this.arn('cloudformation', `stack/${this.stack.stackName}/*`);
  }

  /** The CodeBuild projects of pull requests. */
  get projectsArn(): string {
    return this.arn('codebuild', `project/${this.service}-pr-*`);
  }

  /** The report groups of one repository's pull requests. */
  reportGroupsOf(repository: string): string {
    return this.arn('codebuild', `report-group/${this.service}-pr-*-${repositoryKey(repository)}-*`);
  }

  /** The report groups of all of them. */
  get reportGroupsArn(): string {
    return this.arn('codebuild', `report-group/${this.service}-pr-*`);
  }

  /** What the log groups of builds begin with; also the one of builds of earlier releases. */
  get buildLogGroup(): string {
    return `/aws/codebuild/${this.service}`;
  }

  /** The log group of one repository's builds. */
  buildLogGroupOf(repository: string): string {
    return `${this.buildLogGroup}/${repository}`;
  }

  /** The policies for the people of a team. */
  get protectBranchesArns(): string {
    return this.identityArn(`policy/${this.role(`${PROTECT_BRANCHES}*`)}`);
  }

  /** One of them. */
  protectBranches(place: number): string {
    return this.role(place === 0 ? PROTECT_BRANCHES : `${PROTECT_BRANCHES}-${place + 1}`);
  }

  /** A user, group, role or policy. */
  identityArn(resource: string): string {
    return this.arn('iam', resource, { region: '' });
  }

  /** The log group of one repository's builds, or by default those of all. */
  buildLogGroupArn(repository = '*'): string {
    return this.arn('logs', `log-group:${this.buildLogGroupOf(repository)}`);
  }

  /** All log groups of the gate, and what is in them. */
  get logsArns(): string[] {
    const functions = [...FUNCTIONS, 'deployment' as const].map(
      (name) => `/aws/lambda/${this.function(name)}`,
    );
    const groups = [this.buildLogGroup, `/aws/vendedlogs/states/${this.stateMachine}`, ...functions];
    return groups.map((group) => this.arn('logs', `log-group:${group}*`));
  }

  /** Every role of the gate. */
  get rolesArn(): string {
    return this.identityArn(`role/${this.role('*')}`);
  }

  /** Every policy of the gate that has a name. */
  get policiesArn(): string {
    return this.identityArn(`policy/${this.role('*')}`);
  }

  /** What the deployment says about a repository. */
  settingsParameter(repository: string): string {
    return `/mergegate/${this.service}/repositories/${repository}/settings`;
  }

  /** Parameters below the service's own path. */
  parameterArn(path: string): string {
    return this.arn('ssm', `parameter/mergegate/${this.service}/${path}`);
  }

  private arn(service: string, resource: string, override: { region?: string } = {}): string {
    return this.stack.formatArn({ service, resource, arnFormat: ArnFormat.NO_RESOURCE_NAME, ...override });
  }
}
