/**
 * A policy that a team attaches to its people: gated branches change by merging a pull request only, the gate's rule cannot be
 * edited or overridden, and what only the gate does nobody does in its stead. Approval rules guard nothing but the merge of a
 * pull request; a push goes past them.
 */
import { Stack } from 'aws-cdk-lib';
import { Effect, ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';

import { ATTACHED_LIMIT, MANAGED_POLICY_LIMIT, parts, sizeOf } from './limits';
import { keepToTheGate, type GatesOwn } from './protect-gate';

/** Properties of the policy. */
export interface ProtectBranchesProps extends GatesOwn {
  readonly repositories: readonly string[];
  /** The gated references of a repository. */
  readonly references: (repository: string) => string[];
  readonly breakGlassRoleArn?: string;
}

/** The managed policy, or several: one has no room for many repositories. Somebody is to have all of them. */
export class ProtectBranches extends Construct {
  readonly policies: readonly ManagedPolicy[];

  constructor(scope: Construct, id: string, props: ProtectBranchesProps) {
    super(scope, id);
    const { names, repositories } = props;
    const arns = repositories.map((repository) => names.repositoryArn(repository));
    const sparing = (statement: PolicyStatement): PolicyStatement => {
      if (props.breakGlassRoleArn !== undefined) {
        statement.addCondition('ArnNotEquals', { 'aws:PrincipalArn': props.breakGlassRoleArn });
      }
      return statement;
    };
    const statements = [
      ...this.sameReferences(props).flatMap(({ references, resources }) =>
        this.fitting(resources, (some) => sparing(keepBranches(some, references))),
      ),
      ...this.fitting(arns, (some) => sparing(deny('KeepRules', RULE_EDITS, some))),
      // These know no resource: nobody under this policy edits any template of the account.
      sparing(deny('KeepTemplates', TEMPLATE_EDITS, ['*'])),
      ...keepToTheGate(props).map(sparing),
    ];
    this.policies = parts(statements, ROOM, (statement) => this.size(statement)).map(
      (some, place) =>
        new ManagedPolicy(this, place === 0 ? 'Policy' : `Policy${place + 1}`, {
          managedPolicyName: names.protectBranches(place),
          description: `Branches gated by ${names.service} change by merging a pull request only`,
          statements: some,
        }),
    );
    const count = this.policies.length;
    if (count > ATTACHED_LIMIT) {
      throw new Error(
        `the policies for people are ${count}, and nobody can have more than ${ATTACHED_LIMIT}: name \`destinations\`, or gate fewer repositories`,
      );
    }
  }

  /** Repositories whose gated references are known to be the same. */
  private sameReferences({ names, repositories, references }: ProtectBranchesProps): Gated[] {
    const groups = new Map<string, { references: string[]; resources: string[] }>();
    for (const repository of repositories) {
      const own = references(repository);
      const key = JSON.stringify(Stack.of(this).resolve(own));
      const group = groups.get(key) ?? { references: own, resources: [] };
      group.resources.push(names.repositoryArn(repository));
      groups.set(key, group);
    }
    return [...groups.values()];
  }

  private size(statement: PolicyStatement): number {
    return sizeOf(this, statement.toStatementJson());
  }

  /** A statement on some resources, or several where one would not fit into a policy. */
  private fitting(
    resources: readonly string[],
    statement: (resources: string[]) => PolicyStatement,
  ): PolicyStatement[] {
    const room = ROOM - this.size(statement([]));
    return parts(resources, room, (resource) => sizeOf(this, resource)).map(statement);
  }
}

/** What stands around the statements of a policy takes the rest. */
const ROOM = MANAGED_POLICY_LIMIT - 44;

/** Repositories, and the references of them that change by merging only. */
interface Gated {
  readonly references: string[];
  readonly resources: readonly string[];
}

/** Merging a pull request is not among them: it is what the rule guards. */
const BRANCH_CHANGES = [
  'GitPush',
  'CreateCommit',
  'PutFile',
  'DeleteFile',
  'DeleteBranch',
  // By fast-forward, by squashing and by three ways: each repository takes a statement, and room is short.
  'MergeBranches*',
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

function keepBranches(repositories: readonly string[], references: string[]): PolicyStatement {
  const statement = deny('', BRANCH_CHANGES, repositories);
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
