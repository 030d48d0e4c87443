/**
 * A policy that a team attaches to its people: gated branches change by merging a pull request only, the gate's rule cannot be
 * edited or overridden, and what only the gate does nobody does in its stead. Approval rules guard nothing but the merge of a
 * pull request; a push goes past them.
 */
import { Effect, ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

import type { Names } from './names';
import { keepToTheGate } from './protect-gate';

/** Properties of the policy. */
export interface ProtectBranchesProps {
  readonly names: Names;
  readonly repositories: readonly string[];
  /** The gated references of a repository. */
  readonly references: (repository: string) => string[];
  readonly artifacts: IBucket;
  readonly breakGlassRoleArn?: string;
}

/** The managed policy. */
export class ProtectBranches extends Construct {
  readonly policy: ManagedPolicy;

  constructor(scope: Construct, id: string, props: ProtectBranchesProps) {
    super(scope, id);
    const { names, repositories } = props;
    const arns = repositories.map((repository) => names.repositoryArn(repository));
    const statements = [
      ...repositories.map((repository) =>
        keepBranches(names.repositoryArn(repository), props.references(repository)),
      ),
      deny('KeepRules', RULE_EDITS, arns),
      // These know no resource: nobody under this policy edits any template of the account.
      deny('KeepTemplates', TEMPLATE_EDITS, ['*']),
      ...keepToTheGate(names, props.artifacts),
    ];
    for (const statement of statements) {
      if (props.breakGlassRoleArn !== undefined) {
        statement.addCondition('ArnNotEquals', { 'aws:PrincipalArn': props.breakGlassRoleArn });
      }
    }
    this.policy = new ManagedPolicy(this, 'Policy', {
      managedPolicyName: names.role('protect-branches'),
      description: `Branches gated by ${names.service} change by merging a pull request only`,
      statements,
    });
  }
}

/** Merging a pull request is not among them: it is what the rule guards. */
const BRANCH_CHANGES = [
  'GitPush',
  'CreateCommit',
  'PutFile',
  'DeleteFile',
  'DeleteBranch',
  'MergeBranchesByFastForward',
  'MergeBranchesBySquash',
  'MergeBranchesByThreeWay',
];

const RULE_EDITS = [
  'OverridePullRequestApprovalRules',
  'UpdatePullRequestApprovalRuleContent',
  'DeletePullRequestApprovalRule',
  'DisassociateApprovalRuleTemplateFromRepository',
  'BatchDisassociateApprovalRuleTemplateFromRepositories',
];

const TEMPLATE_EDITS = [
  'UpdateApprovalRuleTemplateContent',
  'UpdateApprovalRuleTemplateDescription',
  'UpdateApprovalRuleTemplateName',
  'DeleteApprovalRuleTemplate',
];

function keepBranches(repositoryArn: string, references: string[]): PolicyStatement {
  const statement = deny('', BRANCH_CHANGES, [repositoryArn]);
  // A push first asks without naming a reference; denying that would deny every push (CodeCommit user guide,
  // how-to-conditional-branch).
  statement.addCondition('StringEqualsIfExists', { 'codecommit:References': references });
  statement.addCondition('Null', { 'codecommit:References': 'false' });
  return statement;
}

function deny(sid: string, actions: readonly string[], resources: readonly string[]): PolicyStatement {
  return new PolicyStatement({
    sid: sid === '' ? undefined : sid,
    effect: Effect.DENY,
    actions: actions.map((action) => `codecommit:${action}`),
    resources: [...resources],
  });
}
