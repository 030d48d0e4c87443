/** What the custom resource is told; CloudFormation keeps lists and objects, so it arrives as it was written. */

/** A repository and the name of its approval rule. */
export interface RepositoryProperties {
  readonly name: string;
  readonly approvalRule: string;
}

/** A parameter that says what the functions are told about a repository. */
export interface SettingsParameter {
  readonly parameter: string;
  readonly value: string;
}

/** What no deployment has said before: CloudFormation asks a resource again only when something of it changed. */
export type Repairable = Readonly<{ repair?: string }>;

/** Properties of `Custom::MergegateDeployment`. */
export type DeploymentProperties = Readonly<{
  service: string;
  stateMachineArn: string;
  rules: readonly string[];
  bucket: string;
  /** The policies for people; whoever has one of them is let go of. */
  policyArns: readonly string[];
  approver: string;
  /** Gated branches; empty means each repository's default branch. */
  destinations: readonly string[];
  repositories: readonly RepositoryProperties[];
  /** None in what an earlier release was told. */
  settings?: readonly SettingsParameter[];
}> &
  Repairable;

/** Properties of `Custom::MergegateReferences`. */
export type ReferencesProperties = Readonly<{
  service: string;
  destinations: readonly string[];
  repositories: readonly string[];
}> &
  Repairable;
