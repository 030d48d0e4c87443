/**
 * What IAM would decide, from the template alone. Where a condition depends on the request, an Allow is taken to hold and
 * a Deny is taken not to: the answer errs towards "allowed".
 */
import { resolved, resourcesOf, type CloudFormation } from './template';

/** A statement of a policy, with lists where IAM takes single words as well. */
export interface Statement {
  readonly sid?: string;
  readonly effect: 'Allow' | 'Deny';
  readonly actions: readonly string[];
  readonly notActions: readonly string[];
  readonly resources: readonly string[];
  readonly notResources?: readonly string[];
  /** Of a policy that hangs on a resource or a role's trust: as it stands there. */
  readonly principal?: unknown;
  readonly condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** The roles of a template by name, each with all its statements; throws where something else is attached, which says no one knows what. */
export function rolesOf(template: CloudFormation): Map<string, Statement[]> {
  const roles = new Map<string, Statement[]>();
  const managed = managedOf(template);
  for (const { Properties } of resourcesOf(template, 'AWS::IAM::Role')) {
    const inline = (Properties.Policies ?? []) as { PolicyDocument: Document }[];
    const name = String(Properties.RoleName);
    const attached = ((Properties.ManagedPolicyArns ?? []) as string[]).map((arn) =>
      known(managed, arn, name),
    );
    roles.set(
      name,
      [...inline.map(({ PolicyDocument }) => PolicyDocument), ...attached].flatMap(statementsOf),
    );
  }
  // What has no room in a role's own policies hangs on it as managed ones.
  for (const policy of ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy'].flatMap((type) =>
    resourcesOf(template, type),
  )) {
    const document = policy.Properties.PolicyDocument as Document;
    for (const name of (policy.Properties.Roles ?? []) as string[]) {
      roles.get(name)?.push(...statementsOf(document));
    }
  }
  return roles;
}

/** Beyond which a role is allowed nothing, by the role's name, where there is such a boundary. */
export function boundariesOf(template: CloudFormation): Map<string, Statement[]> {
  const managed = managedOf(template);
  const bounded = resourcesOf(template, 'AWS::IAM::Role').filter(
    ({ Properties }) => Properties.PermissionsBoundary !== undefined,
  );
  return new Map(
    bounded.map(({ Properties }) => {
      const name = String(Properties.RoleName);
      return [name, statementsOf(known(managed, String(Properties.PermissionsBoundary), name))];
    }),
  );
}

/** The documents of a template's managed policies, by ARN. */
function managedOf(template: CloudFormation): ReadonlyMap<string, Document> {
  const ids = Object.keys(template.Resources).filter(
    (id) => template.Resources[id]?.Type === 'AWS::IAM::ManagedPolicy',
  );
  return new Map(
    ids.map((id) => [
      String(resolved(template, { Ref: id })),
      resolved(template, template.Resources[id]?.Properties.PolicyDocument) as Document,
    ]),
  );
}

function known(managed: ReadonlyMap<string, Document>, arn: string, role: string): Document {
  const document = managed.get(arn);
  if (document === undefined) {
    throw new Error(`${role} has ${arn}, of which nothing is known`);
  }
  return document;
}

interface Document {
  readonly Statement: readonly Record<string, unknown>[];
}

/** The statements of a policy document. */
export function statementsOf(document: Document): Statement[] {
  return document.Statement.map((statement) => ({
    sid: statement.Sid as string | undefined,
    effect: statement.Effect as 'Allow' | 'Deny',
    actions: words(statement.Action),
    notActions: words(statement.NotAction),
    resources: words(statement.Resource),
    notResources: words(statement.NotResource),
    principal: statement.Principal,
    condition: statement.Condition as Statement['condition'],
  }));
}

function words(value: unknown): string[] {
  if (value === undefined) {
    return [];
  }
  return (Array.isArray(value) ? value : [value]) as string[];
}

/** Whether the statements allow an action on a resource; `*` asks for a resource of any kind. */
export function allows(statements: readonly Statement[], action: string, resource: string): boolean {
  const about = (statement: Statement): boolean =>
    reachesAction(statement, action) && statement.resources.some((pattern) => matches(pattern, resource));
  const denied = statements.some(
    (statement) => statement.effect === 'Deny' && statement.condition === undefined && about(statement),
  );
  return !denied && statements.some((statement) => statement.effect === 'Allow' && about(statement));
}

/** Whether a statement is about an action. */
export function reachesAction(statement: Statement, action: string): boolean {
  const named = (patterns: readonly string[]): boolean =>
    patterns.some((pattern) => matches(pattern.toLowerCase(), action.toLowerCase()));
  return statement.notActions.length > 0 ? !named(statement.notActions) : named(statement.actions);
}

/** Whether a pattern of IAM, with `*` and `?`, covers a word. */
export function matches(pattern: string, word: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(word);
}
