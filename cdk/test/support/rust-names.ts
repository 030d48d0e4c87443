/** Names as the code of ours makes them, and which parameters its functions read and write. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import type { FunctionName } from '../../lib/names';
import { bodiesOf, type RustFunction } from './rust';

const NAMES = readFileSync(resolve(__dirname, '../../../crates/gate-core/src/names.rs'), 'utf8');

/** What the code of `gate_aws::Parameters` does, and what that is in IAM. */
const ACTIONS: Readonly<Record<string, string>> = {
  get: 'ssm:GetParameter',
  get_text: 'ssm:GetParameter',
  put: 'ssm:PutParameter',
  names_below: 'ssm:GetParametersByPath',
  values_below: 'ssm:GetParametersByPath',
  delete: 'ssm:DeleteParameters',
};

/** An action on a parameter, by the name of the function that makes its name. */
export interface ParameterUse {
  readonly action: string;
  readonly kind: string;
}

/** Everything that a function does with parameters; fails where that cannot be told from its code. */
export function parameterUses(name: FunctionName): ParameterUse[] {
  const bodies = bodiesOf(name);
  const uses = bodies.flatMap(({ name: inside, module, body }) => {
    const made = madeIn(module, bodies);
    const calls = body.matchAll(/\bparameters\s*\.\s*(\w+)(?:::<[^>]*>)?\(\s*([^;]*)/g);
    return [...calls].flatMap(([, method = '', argument = '']) => {
      const action = ACTIONS[method];
      if (action === undefined) {
        return [];
      }
      const kind =
        /^&?[\w.]*\bnames(?:\(\))?\s*\.\s*(\w+)\(/.exec(argument)?.[1] ??
        made.get(/^&?self\s*\.\s*(\w+)\(/.exec(argument)?.[1] ?? '') ??
        variablesOf(body, made).get(/^&?(\w+)/.exec(argument)?.[1] ?? '');
      const kinds = kind === undefined ? handedTo(inside, bodies) : [kind];
      if (method === 'delete' && kinds.includes('pull_request')) {
        // What was listed is deleted: everything in the folder.
        return parametersOf('pull request').map((each) => ({ action, kind: each }));
      }
      if (method === 'delete' || kinds.length === 0) {
        throw new Error(
          `${name}: which parameter \`${inside}\` uses cannot be told: \`${method}(${argument.slice(0, 60)}\``,
        );
      }
      return kinds.map((each) => ({ action, kind: each }));
    });
  });
  const all = new Map(uses.map((use) => [`${use.action} ${use.kind}`, use]));
  return [...all.values()];
}

/** Methods of a module that do nothing but make the name of a parameter, and which. */
function madeIn(module: string, bodies: readonly RustFunction[]): Map<string, string> {
  const own = bodies.filter((one) => one.module === module);
  return new Map(
    own.flatMap(({ name, body }) => {
      const kind = /^\s*self[\w\s.()]*\bnames\(\)\s*\.\s*(\w+)\([^;]*$/.exec(body)?.[1];
      return kind === undefined ? [] : [[name, kind] as const];
    }),
  );
}

/** Variables that hold the name of a parameter, and which. */
function variablesOf(body: string, made: ReadonlyMap<string, string>): Map<string, string> {
  const bound = body.matchAll(/let (\w+) = [^;]*?\bnames(?:\(\))?\s*\.\s*(\w+)\(/g);
  const asked = body.matchAll(/let (\w+) = self\s*\.\s*(\w+)\(/g);
  return new Map([
    ...[...asked].flatMap(([, variable = '', method = '']) => {
      const kind = made.get(method);
      return kind === undefined ? [] : [[variable, kind] as const];
    }),
    ...[...bound].map(([, variable = '', kind = '']) => [variable, kind] as const),
  ]);
}

/** Which names of parameters a function is given by its callers. */
function handedTo(inside: string, bodies: readonly RustFunction[]): string[] {
  const calls = new RegExp(`\\b${inside}\\(([^;]*?)\\)`, 'g');
  return bodies.flatMap(({ module, body }) => {
    const variables = variablesOf(body, madeIn(module, bodies));
    const given = [...body.matchAll(calls)].flatMap(([, handed = '']) => handed.match(/\w+/g) ?? []);
    return given.flatMap((word) => variables.get(word) ?? []);
  });
}

/** The functions of `names::Parameters` that name a parameter of a repository or of a pull request; folders are none. */
export function parametersOf(what: 'repository' | 'pull request'): string[] {
  const argument = what === 'repository' ? 'repository' : 'id';
  const made = [...NAMES.matchAll(new RegExp(`pub fn (\\w+)\\(\\s*&self,\\s*${argument}: `, 'g'))];
  return made.flatMap(([, name = '']) => (NAMES.includes(`self.${name}(`) ? [] : [name]));
}

/** What names are made of, by what the code calls it. */
export type Parts = Readonly<Record<string, string>>;

/** What the tests say where it does not matter. */
const USUAL: Parts = {
  id: '7',
  pull_request: '7',
  branch: 'main',
  comment: '0a1b2c3d:1',
  tree: '4b825dc6',
  run: 'pr-7-0a1b2c3d4e5f-6a7b8c9d-1',
  report: 'junit',
};

/** The name that a function of `names` makes: its last expression is a `format!`. */
export function nameOf(made: string, parts: Parts): string {
  const form = new RegExp(
    `pub fn ${made}\\([^{]*-> String \\{\\s*((?:let [^;]*;\\s*)*)format!\\(\\s*"([^"]*)",?([^;]*?)\\)\\s*\\}`,
  ).exec(NAMES);
  if (form === null) {
    throw new Error(`\`names\` has no \`${made}\` that makes a name which can be read here`);
  }
  const [, bound = '', pattern = '', listed = ''] = form;
  let known: Parts = { ...USUAL, ...parts };
  for (const [, variable = '', expression = ''] of bound.matchAll(/let (\w+) = ([^;]*);/g)) {
    known = { ...known, [variable]: valueOf(expression, known) };
  }
  // A comma within the parentheses of a call parts nothing.
  const given = listed.split(/,(?![^(]*\))/).map((argument) => argument.trim());
  return pattern.replaceAll(/\{(\w*)\}/g, (_, named: string) =>
    valueOf(named === '' ? (given.shift() ?? '') : named, known),
  );
}

/** What an expression of `names` stands for. */
function valueOf(expression: string, known: Parts): string {
  const hashed = /^hash\(&\[(\w+)(?:\.\w+\(\))?\], (\d+)\)$/.exec(expression);
  if (hashed !== null) {
    const [, part = '', length = ''] = hashed;
    const digest = createHash('sha256')
      .update(`${valueOf(part, known)}\n`)
      .digest('hex');
    return digest.slice(0, Number(length));
  }
  const called = /^(?:self\.)?(\w+)\(/.exec(expression)?.[1];
  if (called !== undefined) {
    return nameOf(called, known);
  }
  const value = known[expression.replace(/^self\./, '')];
  if (value === undefined) {
    throw new Error(`what \`${expression}\` stands for in a name cannot be told`);
  }
  return value;
}
