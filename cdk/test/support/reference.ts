/** AWS's service authorization reference: which resources an action is checked on, and which condition keys it knows. */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';

import { matches } from './iam';

/** What the reference says of one action. */
export interface Action {
  /** Types of resources, and whether each request has one of them. */
  readonly resources: Readonly<Record<string, boolean>>;
  readonly conditions: readonly string[];
}

interface Service {
  /** The form of ARNs, by type of resource. */
  readonly arns: Readonly<Record<string, string>>;
  /** Condition keys, by type of resource. */
  readonly conditions: Readonly<Record<string, readonly string[]>>;
  readonly actions: Readonly<Record<string, Action>>;
}

const PYTHON = resolve(__dirname, '../../.venv/bin/python');
const SCRIPT = resolve(__dirname, '../reference.py');

/** The reference of some services. */
export class Reference {
  private readonly services: Readonly<Record<string, Service>>;

  constructor(services: readonly string[]) {
    const { status, stdout, stderr } = spawnSync(PYTHON, [SCRIPT, ...services], {
      encoding: 'utf8',
      maxBuffer: 64 << 20,
    });
    if (status !== 0) {
      throw new Error(`the reference cannot be read, run \`npm run proof\`: ${stderr}`);
    }
    this.services = JSON.parse(stdout) as Record<string, Service>;
  }

  /** What is said of an action; nothing of one that does not exist. */
  action(name: string): Action | undefined {
    const [service = '', operation = ''] = name.split(':');
    return this.services[service]?.actions[operation.toLowerCase()];
  }

  /** The actions that a pattern of a policy stands for. */
  actionsLike(pattern: string): string[] {
    const [service = '', operation = ''] = pattern.split(':');
    const known = Object.keys(this.services[service]?.actions ?? {});
    return known.filter((name) => matches(operation.toLowerCase(), name)).map((name) => `${service}:${name}`);
  }

  /** Types of resources that an action may be checked on; none if it knows no resource. */
  types(name: string): string[] {
    return Object.keys(this.action(name)?.resources ?? {});
  }

  /** The forms of ARNs that an action may be checked on, with `*` for what varies. */
  forms(name: string): string[] {
    const [service = ''] = name.split(':');
    const arns = this.services[service]?.arns ?? {};
    return this.types(name)
      .flatMap((type) => (arns[type] ?? []) as string[] | string)
      .map((arn) => arn.replaceAll(/\$\{[^}]+\}/g, '*'));
  }

  /** Whether a request for an action can carry a condition key. */
  knowsKey(name: string, key: string): boolean {
    const [service = ''] = name.split(':');
    const known = [
      ...(this.action(name)?.conditions ?? []),
      ...this.types(name).flatMap((type) => this.services[service]?.conditions[type] ?? []),
    ];
    const form = key.toLowerCase();
    return form.startsWith('aws:') || known.some((own) => own.toLowerCase() === form);
  }
}
