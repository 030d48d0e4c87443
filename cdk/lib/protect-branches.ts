/**
 * A policy that a team attaches to its people: gated branches change by merging a pull request only, the gate's rule cannot be
 * edited or overridden, and what only the gate does nobody does in its stead. Approval rules guard nothing but the merge of a
 * pull request; a push goes past them.
 */
import { Stack } from 'aws-cdk-lib';
import { Effect, ManagedPolicy, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';

import { ATTACHED_LIMIT, MANAGED_POLICY_LIMIT, sizeOf } from './limits';
import { PREVIEW_REFERENCES } from './names';
import { keepTheGate, type GatesOwn } from './protect-gate';

/** Properties of the policy. */
export interface ProtectBranchesProps extends GatesOwn {
  readonly repositories: readonly string[];
  /** The gated references of a repository. */
  readonly references: (repository: string) => string[];
  readonly breakGlassRoleArn?: string;
}

/**
 * The managed policy, or several: one has no room for many repositories. Somebody is to have all of them. What protects the gate
 * itself stands in the first, and repositories follow in their order: a further one at the end moves none of what people have.
 */
export class ProtectBranches extends Construct {
  readonly policies: readonly ManagedPolicy[];

  constructor(
    scope: Construct,
    id: string,
    private readonly props: ProtectBranchesProps,
  ) {
    super(scope, id);
    const { names } = props;
    this.policies = this.divided().map(
      (statements, place) =>
        new ManagedPolicy(this, place === 0 ? 'Policy' : `Policy${place + 1}`, {
          managedPolicyName: names.protectBranches(place),
          description: `Branches gated by ${names.service} change by merging a pull request only`,
          statements,
        }),
    );
    const count = this.policies.length;
    if (count > ATTACHED_LIMIT) {
      throw new Error(
        `the policies for people are ${count}, and nobody can have more than ${ATTACHED_LIMIT}: name \`destinations\`, or gate fewer repositories`,
      );
    }
  }

  /** The statements of each policy. */
  private divided(): PolicyStatement[][] {
    // Templates know no resource: nobody under this policy edits any template of the account.
    const first = [keepTheGate(this.props), deny('KeepTemplates', TEMPLATE_EDITS, ['*'])].map((statement) =>
      this.sparing(statement),
    );
    const lists: { others: PolicyStatement[]; gated: Gated[]; left: number }[] = [];
    lists.push({ others: first, gated: [], left: ROOM - this.size(first) });
    for (const gated of this.gated()) {
      const last = lists.at(-1);
      const taken = last === undefined ? Infinity : this.size(this.keep([...last.gated, gated]));
      if (last !== undefined && taken <= last.left) {
        last.gated.push(gated);
      } else {
        lists.push({ others: [], gated: [gated], left: ROOM });
      }
    }
    return lists.map(({ others, gated }) => [...others, ...this.keep(gated)]);
  }

  /** What keeps some repositories; those whose gated references are known to be the same share a statement. */
  private keep(some: readonly Gated[]): PolicyStatement[] {
    if (some.length === 0) {
      return [];
    }
    const groups = new Map<string, { references: readonly string[]; resources: string[] }>();
    for (const { key, references, resource } of some) {
      const group = groups.get(key) ?? { references, resources: [] };
      group.resources.push(resource);
      groups.set(key, group);
    }
    return [
      deny(
        'KeepRules',
        KEPT,
        some.map(({ resource }) => resource),
      ),
      ...[...groups.values()].map(({ references, resources }) => keepBranches(resources, references)),
    ].map((statement) => this.sparing(statement));
  }

  private gated(): Gated[] {
    const { names, repositories, references } = this.props;
    return repositories.map((repository) => {
      const own = references(repository);
      const key = JSON.stringify(Stack.of(this).resolve(own));
      return { key, references: own, resource: names.repositoryArn(repository) };
    });
  }

  /** The role of the glass to break is held to nothing. */
  private sparing(statement: PolicyStatement): PolicyStatement {
    if (this.props.breakGlassRoleArn !== undefined) {
      statement.addCondition('ArnNotEquals', { 'aws:PrincipalArn': this.props.breakGlassRoleArn });
    }
    return statement;
  }

  private size(statements: readonly PolicyStatement[]): number {
    return statements.reduce((sum, statement) => sum + sizeOf(this, statement.toStatementJson()) + 1, 0);
  }
}

/** What stands around the statements of a policy takes the rest. */
const ROOM = MANAGED_POLICY_LIMIT - 44;

/** A repository, and the references of it that change by merging only. */
interface Gated {
  /** The same for those whose references are the same. */
  readonly key: string;
  readonly references: readonly string[];
  readonly resource: string;
}

/** Merging a pull request is not among them: it is what the rule guards. */
const BRANCH_CHANGES = [
  'GitPush',
  'CreateCommit',
  'PutFile',
  'DeleteFile',
  'CreateBranch',
  'DeleteBranch',
  // By fast-forward, by squashing and by three ways: each repository takes a statement, and room is short.
  'MergeBranches*',
];

/**
 * Edits of the rules, and of what they hang on: a repository under another name is none that a policy names, one without a usable key
 * cannot be read, and of another default branch the gate knows nothing.
 */
const KEPT = [
  'OverridePullRequestApprovalRules',
  'UpdatePullRequestApprovalRuleContent',
  'DeletePullRequestApprovalRule',
  '*DisassociateApprovalRuleTemplate*',
  'UpdateRepositoryName',
  'UpdateRepositoryEncryptionKey',
  'UpdateDefaultBranch',
  'DeleteRepository',
];

/** Content, description and name. */
const TEMPLATE_EDITS = ['UpdateApprovalRuleTemplate*', 'DeleteApprovalRuleTemplate'];

/** The gated branches, and those that the gate makes of pull requests: what it builds is what it put there. */
function keepBranches(repositories: readonly string[], references: readonly string[]): PolicyStatement {
  const statement = deny('', BRANCH_CHANGES, repositories);
  // A push first asks without naming a reference; denying that would deny every push (CodeCommit user guide,
  // how-to-conditional-branch). No name of a branch holds what is a wildcard here.
  statement.addCondition('StringLikeIfExists', {
    'codecommit:References': [...references, PREVIEW_REFERENCES],
  });
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
