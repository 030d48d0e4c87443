/** What is wrong with statements themselves: rights that nothing uses, and words that IAM does not take as they are meant. */
import { isAbout, names } from './evaluate';
import { matches, type Statement } from './iam';
import type { Need } from './needs';
import type { Reference } from './reference';

/** Actions and resources of a role's statements that none of its needs is about; a hole in a Deny counts as a right. */
export function unused(role: string, statements: readonly Statement[], needs: readonly Need[]): string[] {
  return statements.flatMap((statement) => {
    if (statement.effect === 'Deny') {
      return unneeded(statement.notActions, needs).map(
        (action) => `${role} is not denied ${action}, which nothing of it does`,
      );
    }
    const met = needs.filter((need) => isAbout(statement, need));
    const resources = statement.resources.filter((resource) => !met.some((need) => names(resource, need)));
    const where = statement.actions.join(', ');
    return [
      ...unneeded(statement.actions, met).map((action) => `${role} may ${action}, which nothing of it does`),
      ...resources.map((resource) => `${role} may ${where} on ${resource}, which nothing of it does`),
    ];
  });
}

function unneeded(actions: readonly string[], needs: readonly Need[]): string[] {
  const needed = [...new Set(needs.map(({ action }) => action.toLowerCase()))];
  return actions.filter((action) => !needed.some((one) => matches(action.toLowerCase(), one)));
}

/** Statements that the reference contradicts; `said` are keys that every request of the role may carry beside the reference's. */
export function misfits(
  role: string,
  statements: readonly Statement[],
  reference: Reference,
  said: readonly string[] = [],
): string[] {
  return statements.flatMap((statement) =>
    statement.actions.flatMap((pattern) => {
      const actions = reference.actionsLike(pattern);
      const faults = actions.map((action) => misfit(statement, action, reference, said));
      // Of a pattern not every action has to fit: one of them does.
      const found = faults.find((some) => some.length === 0) ??
        faults[0] ?? [`there is no action \`${pattern}\``];
      return found.map((what) => `${role}: ${what}`);
    }),
  );
}

/** Whether something can match both of two patterns that know `*`: place by place, which ends can meet. */
function overlap(one: string, other: string): boolean {
  let row = Array.from({ length: other.length + 1 }, (_, end) => /^\**$/.test(other.slice(0, end)));
  for (let start = 1; start <= one.length; start += 1) {
    const letter = one[start - 1];
    const next = [letter === '*' && row[0] === true];
    for (let end = 1; end <= other.length; end += 1) {
      const facing = other[end - 1];
      const star = letter === '*' || facing === '*';
      next.push(
        star ? row[end] === true || next[end - 1] === true : letter === facing && row[end - 1] === true,
      );
    }
    row = next;
  }
  return row[other.length] === true;
}

/** `${codebuild:projectArn}` and the like. */
const VARIABLE = /\$\{([^}]+)\}/g;

function misfit(
  statement: Statement,
  action: string,
  reference: Reference,
  said: readonly string[],
): string[] {
  const variables = statement.resources.flatMap((resource) =>
    [...resource.matchAll(VARIABLE)].map(([, key = '']) => key),
  );
  const keys = [...Object.values(statement.condition ?? {}).flatMap(Object.keys), ...variables];
  const faults = keys
    .filter((key) => !said.includes(key) && !reference.knowsKey(action, key))
    .map((key) => `\`${action}\` is never asked for with \`${key}\``);
  const forms = reference.forms(action);
  const everything = statement.resources.includes('*');
  const word = statement.effect === 'Allow' ? 'allowed' : 'denied';
  if (forms.length === 0 && !everything) {
    faults.push(`\`${action}\` knows no resource, so it is ${word} on \`*\` or not at all`);
  }
  if (forms.length > 0 && everything && statement.effect === 'Allow') {
    faults.push(`\`${action}\` is allowed on everything, though it knows resources`);
  }
  const fits = statement.resources.some((resource) =>
    forms.some((form) => overlap(form, resource.replaceAll(VARIABLE, '*'))),
  );
  if (forms.length > 0 && !everything && !fits) {
    faults.push(`\`${action}\` is checked on ${forms.join(' or ')}, none of which it is ${word} on`);
  }
  return faults;
}
