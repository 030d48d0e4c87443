/** What the custom resource is told; CloudFormation keeps lists and objects, so it arrives as it was written. */

/** A repository and the name of its approval rule. */
export interface RepositoryProperties {
  readonly name: string;
  readonly approvalRule: string;
}

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
}>;

/** Properties of `Custom::MergegateReferences`. */
export type ReferencesProperties = Readonly<{
  service: string;
  destinations: readonly string[];
  repositories: readonly string[];
}>;
