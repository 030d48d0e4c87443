/**
 * Which AWS operations each function's Rust code reaches: read from the sources, not from a list. A function of
 * `gate_aws` is known by its name within its module; what it calls is followed.
 */
import { readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { FUNCTIONS, type FunctionName } from '../../lib/names';

const ROOT = resolve(__dirname, '../../..');
const GATE_AWS = join(ROOT, 'crates/gate-aws/src');

/** The clients of a handler: member of `Clients`, service of its actions, its sources. */
const CLIENTS = [
  { member: 'host', service: 'codecommit', sources: 'codecommit' },
  { member: 'builds', service: 'codebuild', sources: 'codebuild' },
  { member: 'reports', service: 'codebuild', sources: 'reports.rs' },
  { member: 'logs', service: 'logs', sources: 'logs.rs' },
  { member: 'objects', service: 's3', sources: 'objects.rs' },
  { member: 'parameters', service: 'ssm', sources: 'parameters.rs' },
  { member: 'executions', service: 'states', sources: 'executions.rs' },
  { member: 'seals', service: 'secretsmanager', sources: 'seals.rs' },
] as const;

/** A function of the sources. */
export interface RustFunction {
  readonly name: string;
  readonly module: string;
  readonly body: string;
}

/** IAM actions that a Lambda function's code needs, sorted. */
export function actionsOf(name: FunctionName): string[] {
  const handler = withShared(sourceOf(join(ROOT, 'lambdas', name, 'src')));
  const actions = CLIENTS.flatMap(({ member, service, sources }) => {
    const functions = functionsIn(join(GATE_AWS, sources));
    const operations = functions
      .filter(({ name: method }) =>
        new RegExp(`\\b${member}\\s*\\.\\s*${method}\\s*(::<[^>]*>)?\\(`).test(handler),
      )
      .flatMap((method) => operationsOf(method, functions, new Set()));
    return operations.map((operation) => `${service}:${operation}`);
  });
  return [...new Set(actions)].sort();
}

/** Every operation that gate-aws can call, for all functions together. */
export function knownOperations(): string[] {
  return CLIENTS.flatMap(({ service, sources }) =>
    functionsIn(join(GATE_AWS, sources)).flatMap(({ body }) =>
      operationsIn(body).map((operation) => `${service}:${operation}`),
    ),
  );
}

/** Modules of `gate_aws` that work with all clients: a handler that calls one makes its calls, too. */
const SHARED = ['run', 'repository', 'conversation', 'let_go'];

function withShared(handler: string): string {
  return [handler, ...sharedBy(handler).map((module) => sourceOf(join(GATE_AWS, `${module}.rs`)))].join('\n');
}

function sharedBy(handler: string): string[] {
  return SHARED.filter((module) => new RegExp(`\\b${module}::\\w+\\(`).test(handler));
}

/** The functions of a handler, and those that it shares with others. */
export function bodiesOf(name: FunctionName): RustFunction[] {
  const own = join(ROOT, 'lambdas', name, 'src');
  const shared = sharedBy(sourceOf(own)).map((module) => join(GATE_AWS, `${module}.rs`));
  return [own, ...shared].flatMap(functionsIn);
}

function operationsOf(start: RustFunction, all: readonly RustFunction[], seen: Set<RustFunction>): string[] {
  if (seen.has(start)) {
    return [];
  }
  seen.add(start);
  const called = all.filter(
    ({ name, module }) =>
      new RegExp(`\\b${module}::${name}\\(`).test(start.body) ||
      // A struct's own method, or one of a struct that is made on the spot.
      ((module === start.module || start.body.includes(`${module}::`) || start.body.includes('self.')) &&
        new RegExp(`(self|\\})\\s*\\.\\s*${name}\\(`).test(start.body)),
  );
  return [...operationsIn(start.body), ...called.flatMap((next) => operationsOf(next, all, seen))];
}

/** `client.get_pull_request()`, over several lines or not; of S3 `.ask(Ask::GetObject,`. */
function operationsIn(body: string): string[] {
  const calls = body.matchAll(/\bclient\s*\.\s*([a-z_]+)\(\)/g);
  const asked = body.matchAll(/\.ask\(\s*Ask::(\w+)/g);
  return [
    ...[...calls].map(([, name = '']) =>
      name.replace(/(^|_)([a-z])/g, (_, __, letter: string) => letter.toUpperCase()),
    ),
    ...[...asked].map(([, name = '']) => name),
  ];
}

function functionsIn(path: string): RustFunction[] {
  return filesIn(path).flatMap((file) => {
    const text = read(file);
    const module = /(\w+)\.rs$/.exec(file)?.[1] ?? '';
    const heads = text.matchAll(/\bfn (\w+)[^{;]*\{/g);
    return [...heads].map((head) => ({
      name: head[1] ?? '',
      module,
      body: block(text, head.index + head[0].length),
    }));
  });
}

/** The text up to the brace that closes the one before `start`. */
function block(text: string, start: number): string {
  let depth = 1;
  let end = start;
  for (; depth > 0 && end < text.length; end += 1) {
    depth += { '{': 1, '}': -1 }[text.charAt(end)] ?? 0;
  }
  return text.slice(start, end);
}

function sourceOf(path: string): string {
  return filesIn(path).map(read).join('\n');
}

/** Without tests and comments. */
function read(file: string): string {
  return (readFileSync(file, 'utf8').split('#[cfg(test)]')[0] ?? '').replace(/\/\/.*$/gm, '');
}

function filesIn(path: string): string[] {
  if (path.endsWith('.rs')) {
    return [path];
  }
  return readdirSync(path, { withFileTypes: true, recursive: true })
    .filter(
      (entry) =>
        entry.isFile() &&
        entry.name.endsWith('.rs') &&
        !join(entry.parentPath, entry.name).slice(path.length).includes('tests'),
    )
    .map((entry) => join(entry.parentPath, entry.name));
}

/** All functions, each with the actions its code needs. */
export function actionsOfAll(): Map<FunctionName, string[]> {
  return new Map(FUNCTIONS.map((name) => [name, actionsOf(name)]));
}
