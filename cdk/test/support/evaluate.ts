/**
 * What IAM decides about one request, as its reference describes it (policy evaluation logic, condition operators):
 * everything that could not be told is an error, not a guess.
 */
import { matches, reachesAction, type Statement } from './iam';

/** What is asked for. */
export interface Request {
  readonly action: string;
  /** An ARN, or `*` of an action that knows no resource. */
  readonly resource: string;
  /** Condition keys of the request, in any case. */
  readonly context?: Readonly<Record<string, string | readonly string[]>>;
}

/** What is attached to whoever asks, and to what is asked for. */
export interface Policies {
  readonly identity: readonly Statement[];
  /** Nothing beyond it is allowed. */
  readonly boundary?: readonly Statement[];
  /** Of the same account: what it allows need not be allowed by the identity's. */
  readonly resource?: readonly Statement[];
}

/** A decision; a Deny comes with its statement. */
export type Decision =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly deniedBy?: Statement; readonly beyondBoundary?: true };

/** Decides about a request. */
export function decide(policies: Policies, request: Request): Decision {
  const { identity, boundary, resource = [] } = policies;
  const about = (statement: Statement): boolean => isAbout(statement, request);
  const all = [...identity, ...(boundary ?? []), ...resource];
  const deniedBy = all.find((statement) => statement.effect === 'Deny' && about(statement));
  if (deniedBy !== undefined) {
    return { allowed: false, deniedBy };
  }
  const grants = (statements: readonly Statement[]): boolean =>
    statements.some((statement) => statement.effect === 'Allow' && about(statement));
  if (boundary !== undefined && grants(identity) && !grants(boundary) && !grants(resource)) {
    return { allowed: false, beyondBoundary: true };
  }
  return { allowed: grants(identity) || grants(resource) };
}

/** Whether a statement is about a request: its action, its resource, and all its conditions. */
export function isAbout(statement: Statement, request: Request): boolean {
  return (
    reachesAction(statement, request.action) &&
    reachesResource(statement, request) &&
    Object.entries(statement.condition ?? {}).every(([operator, keys]) =>
      Object.entries(keys).every(([key, values]) => holds(operator, request, { key, values })),
    )
  );
}

function reachesResource({ resources, notResources = [] }: Statement, request: Request): boolean {
  const named = (patterns: readonly string[]): boolean => patterns.some((pattern) => names(pattern, request));
  // A policy that hangs on something may leave out what it hangs on.
  return notResources.length > 0 ? !named(notResources) : resources.length === 0 || named(resources);
}

/** Whether a pattern names the resource of a request, from which its variables are. */
export function names(pattern: string, request: Request): boolean {
  return matchesArn(filled(pattern, request), request.resource);
}

/** A wildcard stays within its part of an ARN; the last part may hold colons of its own. */
export function matchesArn(pattern: string, arn: string): boolean {
  if (pattern === '*') {
    return true;
  }
  const [wanted, found] = [parts(pattern), parts(arn)];
  return wanted.length === found.length && wanted.every((part, place) => matches(part, found[place] ?? ''));
}

function parts(arn: string): string[] {
  const all = arn.split(':');
  return [...all.slice(0, 5), ...(all.length > 5 ? [all.slice(5).join(':')] : [])];
}

/** `${aws:PrincipalArn}` and the like, from the request. */
function filled(pattern: string, request: Request): string {
  return pattern.replaceAll(/\$\{([^}]+)\}/g, (_, key: string) => {
    if (['*', '?', '$'].includes(key)) {
      throw new Error(`\`${pattern}\` escapes a wildcard, which nothing here needs`);
    }
    const [value] = valuesOf(request, key) ?? [];
    return value ?? '\0';
  });
}

function valuesOf({ context = {} }: Request, key: string): readonly string[] | undefined {
  const entry = Object.entries(context).find(([name]) => name.toLowerCase() === key.toLowerCase());
  return entry === undefined ? undefined : [entry[1]].flat();
}

interface Condition {
  readonly key: string;
  readonly values: unknown;
}

type Compare = (wanted: string, found: string) => boolean;

const EQUALS: Compare = (wanted, found) => wanted === found;
const IGNORING_CASE: Compare = (wanted, found) => wanted.toLowerCase() === found.toLowerCase();

/** The operators without `Not`, `IfExists` and the words of sets. */
const OPERATORS: Readonly<Record<string, Compare>> = {
  StringEquals: EQUALS,
  StringEqualsIgnoreCase: IGNORING_CASE,
  StringLike: matches,
  ArnEquals: matchesArn,
  ArnLike: matchesArn,
  Bool: IGNORING_CASE,
  NumericLessThan: (wanted, found) => Number(found) < Number(wanted),
  NumericLessThanEquals: (wanted, found) => Number(found) <= Number(wanted),
  NumericGreaterThan: (wanted, found) => Number(found) > Number(wanted),
  NumericGreaterThanEquals: (wanted, found) => Number(found) >= Number(wanted),
};

function holds(operator: string, request: Request, { key, values }: Condition): boolean {
  const wanted = [values].flat().map((value) => filled(String(value), request));
  const found = valuesOf(request, key);
  if (operator === 'Null') {
    return wanted.some((value) => (value === 'true') === (found === undefined));
  }
  const form = /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/.exec(operator);
  const [, set, name = '', ifExists] = form ?? [];
  const negated = /^(String|Arn)Not/.test(name);
  const compare = OPERATORS[negated ? name.replace('Not', '') : name];
  if (compare === undefined) {
    throw new Error(`the condition operator \`${operator}\` is not known`);
  }
  if (found === undefined || found.length === 0) {
    return set === undefined ? ifExists !== undefined || negated : set === 'ForAllValues';
  }
  const fits = (value: string): boolean => wanted.some((pattern) => compare(pattern, value)) !== negated;
  if (set === undefined && found.length > 1) {
    throw new Error(`\`${operator}\` on \`${key}\`, which has several values, needs a word of sets`);
  }
  return set === 'ForAnyValue' ? found.some(fits) : found.every(fits);
}
