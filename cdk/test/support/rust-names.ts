/** Which parameters a function of ours reads and writes: from its code, and from the code that makes their names. */
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
  const uses = bodies.flatMap(({ name: inside, body }) => {
    const calls = body.matchAll(/\bparameters\s*\.\s*(\w+)(?:::<[^>]*>)?\(\s*([^;]*)/g);
    return [...calls].flatMap(([, method = '', argument = '']) => {
      const action = ACTIONS[method];
      if (action === undefined) {
        return [];
      }
      const direct = /^&?[\w.]*\bnames(?:\(\))?\s*\.\s*(\w+)\(/.exec(argument)?.[1];
      const kind = direct ?? variablesOf(body).get(/^&?(\w+)/.exec(argument)?.[1] ?? '');
      const kinds = kind === undefined ? handedTo(inside, bodies) : [kind];
      if (kinds.length > 0) {
        return kinds.map((each) => ({ action, kind: each }));
      }
      // What was listed is deleted: everything in the folder.
      const listed = /names_below\(\s*&[\w.()]*\.(\w+)\(/.exec(body)?.[1];
      if (method !== 'delete' || listed === undefined) {
        throw new Error(
          `${name}: which parameter \`${inside}\` uses cannot be told: \`${method}(${argument.slice(0, 60)}\``,
        );
      }
      return BELOW.map((each) => ({ action, kind: each }));
    });
  });
  const all = new Map(uses.map((use) => [`${use.action} ${use.kind}`, use]));
  return [...all.values()];
}

/** Variables that hold the name of a parameter, and which. */
function variablesOf(body: string): Map<string, string> {
  const bound = body.matchAll(/let (\w+) = [^;]*?\bnames(?:\(\))?\s*\.\s*(\w+)\(/g);
  return new Map([...bound].map(([, variable = '', kind = '']) => [variable, kind]));
}

/** Which names of parameters a function is given by its callers. */
function handedTo(inside: string, bodies: readonly RustFunction[]): string[] {
  const calls = new RegExp(`\\b${inside}\\(([^;]*?)\\)`, 'g');
  return bodies.flatMap(({ body }) => {
    const variables = variablesOf(body);
    const given = [...body.matchAll(calls)].flatMap(([, handed = '']) => handed.match(/\w+/g) ?? []);
    return given.flatMap((word) => variables.get(word) ?? []);
  });
}

/** What lies in the folder of a pull request. */
const BELOW = ['claim', 'environment', 'result', 'command'];

/** The name that a function of `names::Parameters` makes. */
export function parameterName(kind: string, service: string, repository: string): string {
  const form = new RegExp(
    `pub fn ${kind}\\(&self[^{]*-> String \\{\\s*format!\\(\\s*"([^"]*)",?([^;]*?)\\)\\s*\\}`,
  ).exec(NAMES);
  if (form === null) {
    throw new Error(`\`names::Parameters::${kind}\` makes no name that can be read here`);
  }
  const [, pattern = '', listed = ''] = form;
  const given = listed.split(/,\s*(?![^(]*\))/).map((argument) => argument.trim());
  const values: Readonly<Record<string, string>> = { repository, id: '7' };
  return pattern.replaceAll(/\{(\w*)\}/g, (_, named: string) => {
    const argument = named === '' ? (given.shift() ?? '') : named;
    const called = /^self\.(\w+)\(/.exec(argument)?.[1];
    if (called !== undefined) {
      return parameterName(called, service, repository);
    }
    if (argument === 'self.service') {
      return service;
    }
    return values[argument] ?? 'ab12cd34';
  });
}

/** The name of the project of a pull request, as `names::project` makes it. */
export function projectName(service: string, repository: string): string {
  const pattern = /pub fn project\([^{]*\{\s*format!\("([^"]*)"\)/.exec(NAMES)?.[1];
  if (pattern === undefined) {
    throw new Error('`names::project` makes no name that can be read here');
  }
  const values: Readonly<Record<string, string>> = { service, repository, pull_request: '7' };
  return pattern.replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name] ?? 'ab12cd34');
}
