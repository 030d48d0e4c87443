/**
 * The calls that a deployment makes, one method each, with AWS's refusals turned into outcomes. A fake stands in for it
 * in the tests.
 */

/** An open pull request, as far as its rules are concerned. */
export interface OpenPullRequest {
  readonly id: string;
  readonly destination: string;
  readonly rules: readonly ApprovalRule[];
}

/** An approval rule of a pull request. */
export interface ApprovalRule {
  readonly name: string;
  readonly content: string;
  /** Whether a template made it: such a rule cannot be edited or deleted. */
  readonly fromTemplate: boolean;
}

/** A build of a project. */
export interface Build {
  readonly id: string;
  readonly complete: boolean;
}

/** CodeCommit, as far as a deployment needs it. */
export interface CodeHost {
  /** The default branch, nothing while there is no commit; throws when there is no such repository. */
  defaultBranch(repository: string): Promise<string | undefined>;
  /** The content of a template, nothing if there is none. */
  template(name: string): Promise<string | undefined>;
  createTemplate(name: string, description: string, content: string): Promise<void>;
  updateTemplate(name: string, content: string): Promise<void>;
  deleteTemplate(name: string): Promise<void>;
  associate(name: string, repository: string): Promise<void>;
  /** Nothing happens when it is not associated, or one of the two is gone. */
  disassociate(name: string, repository: string): Promise<void>;
  /** Nothing when the repository is gone. */
  openPullRequests(repository: string): Promise<OpenPullRequest[]>;
  /** Closed meanwhile or made meanwhile is no error. */
  createRule(pullRequest: string, name: string, content: string): Promise<void>;
  updateRule(pullRequest: string, name: string, content: string): Promise<void>;
  deleteRule(pullRequest: string, name: string): Promise<void>;
  branches(repository: string, prefix: string): Promise<string[]>;
  deleteBranch(repository: string, branch: string): Promise<void>;
}

/** What else a deployment leaves or finds in the account. */
export interface Account {
  disableRule(name: string): Promise<void>;
  runningExecutions(stateMachineArn: string): Promise<string[]>;
  stopExecution(arn: string): Promise<void>;
  projects(prefix: string): Promise<string[]>;
  builds(project: string): Promise<Build[]>;
  stopBuild(id: string): Promise<void>;
  deleteProject(name: string): Promise<void>;
  /** ARNs of report groups whose name starts with `prefix`. */
  reportGroups(prefix: string): Promise<string[]>;
  deleteReportGroup(arn: string): Promise<void>;
  parameters(path: string): Promise<string[]>;
  /** Nothing when there is no such parameter. */
  parameter(name: string): Promise<string | undefined>;
  putParameter(name: string, value: string): Promise<void>;
  deleteParameters(names: readonly string[]): Promise<void>;
  /** Removes some of what is in a bucket; answers how much that was, 0 once there is nothing, or no such bucket. */
  removeObjects(bucket: string): Promise<number>;
  /** Who has a policy, as `group/…`, `role/…`, `user/…`; nobody when there is no such policy. */
  holders(arn: string): Promise<string[]>;
  /** The same of those whose permissions a policy bounds. */
  boundedBy(arn: string): Promise<string[]>;
  /**
   * Takes a policy from everybody who has it; nothing happens when there is no such policy. Answers the roles that let nobody but
   * IAM Identity Center change them.
   */
  detachPolicy(arn: string): Promise<string[]>;
}

/** Time, so that tests need not wait. */
export interface Clock {
  /** Milliseconds that are left before Lambda ends the function. */
  remaining(): number;
  sleep(milliseconds: number): Promise<void>;
}

/** Everything a deployment works with. */
export interface Aws {
  readonly host: CodeHost;
  readonly account: Account;
  readonly clock: Clock;
  /** Tells a person something; it ends in the function's log. */
  readonly say: (sentence: string) => void;
}
