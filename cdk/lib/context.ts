/**
 * What `cdk.json` or `-c key=value` say, parsed once. A key that is missing, wrong or not known is refused with the
 * value found and what to write; CDK's own keys pass.
 */
import { existsSync } from 'node:fs';

import {
  destinationsFault,
  idsFault,
  keyArnFault,
  partitionOf,
  refuse,
  repositoriesFault,
  serviceNameFault,
} from './validation';

/** What the app needs to know. */
export interface Settings {
  readonly accountId: string;
  readonly region: string;
  readonly serviceName: string;
  readonly repositories: readonly string[];
  readonly destinations: readonly string[];
  readonly architecture: 'arm64' | 'x86_64';
  readonly lambdaDirectory?: string;
  readonly breakGlassRoleArn?: string;
  readonly network?: NetworkSettings;
  readonly repair?: string;
  /** ARNs of customer-managed keys, by repository. */
  readonly repositoryKeys: Readonly<Record<string, string>>;
}

/** A place in a VPC, by ids. */
export interface NetworkSettings {
  readonly vpcId: string;
  readonly subnetIds: readonly string[];
  /** Empty: one of their own. */
  readonly securityGroupIds: readonly string[];
}

type Context = Readonly<Record<string, unknown>>;

const KEYS = [
  'accountId',
  'region',
  'serviceName',
  'repositoryName',
  'repositories',
  'destinations',
  'architecture',
  'lambdaDirectory',
  'breakGlassRoleArn',
  'vpcId',
  'subnetIds',
  'securityGroupIds',
  'repositoryKeys',
  'repair',
];

const PLACE = 'in `context` of cdk.json, or with `-c`';

/** Reads the context, or throws one error with all faults. */
export function readContext(context: Context): Settings {
  const reader = new Reader(context);
  const repositories = reader.repositories();
  const partition = partitionOf(String(context.region));
  const settings = {
    accountId: reader.matching('accountId', /^\d{12}$/, 'the 12 digits of an AWS account, in quotes'),
    region: reader.matching('region', /^[a-z]{2}(-[a-z]+)+-\d$/, 'a Region, for example `eu-central-1`'),
    serviceName: reader.checked('serviceName', serviceNameFault, 'a short name, for example `mergegate`'),
    repositories,
    destinations: reader.list('destinations', destinationsFault),
    architecture: reader.architecture(),
    lambdaDirectory: reader.lambdaDirectory(),
    breakGlassRoleArn: reader.optionalMatching(
      'breakGlassRoleArn',
      new RegExp(`^arn:${partition}:iam::\\d{12}:role/.+$`),
      partition === 'aws' ? 'the ARN of a role' : `the ARN of a role in the partition \`${partition}\``,
    ),
    network: reader.network(),
    repair: reader.optionalMatching(
      'repair',
      /^[\w.:-]+$/,
      'anything that was not said before, for example the time',
    ),
    repositoryKeys: reader.repositoryKeys(repositories),
  };
  refuse('the context', [...reader.faults, ...unknownKeys(context)]);
  return settings;
}

/** What `-c key=value` and `--context key=value` say among the arguments of a command. */
export function contextArguments(parameters: readonly string[]): Record<string, string> {
  const pairs = parameters.flatMap((parameter, place) => {
    const joined = /^(?:-c|--context)=(.+)$/.exec(parameter)?.[1];
    return joined ?? (/^(-c|--context)$/.test(parameter) ? (parameters[place + 1] ?? []) : []);
  });
  return Object.fromEntries(
    pairs.map((pair) => {
      const [key = '', ...value] = pair.split('=');
      return [key, value.join('=')];
    }),
  );
}

/** Keys of CDK hold a slash or a colon, or are its own bookkeeping. */
function unknownKeys(context: Context): string[] {
  const own = Object.keys(context).filter((key) => !/[/:]/.test(key) && key !== 'tree-metadata');
  return own
    .filter((key) => !KEYS.includes(key))
    .map((key) => `\`${key}\` (found ${show(context[key])}) is not known: write one of ${KEYS.join(', ')}`);
}

function show(value: unknown): string {
  return `\`${JSON.stringify(value)}\``;
}

class Reader {
  readonly faults: string[] = [];

  constructor(private readonly context: Context) {}

  matching(key: string, pattern: RegExp, form: string): string {
    const value = this.context[key];
    if (typeof value === 'string' && pattern.test(value)) {
      return value;
    }
    return this.fault(key, form);
  }

  optionalMatching(key: string, pattern: RegExp, form: string): string | undefined {
    return this.context[key] === undefined ? undefined : this.matching(key, pattern, form);
  }

  checked(key: string, fault: (value: string) => string | undefined, form: string): string {
    const value = this.context[key];
    if (typeof value !== 'string') {
      return this.fault(key, form);
    }
    const found = fault(value);
    if (found !== undefined) {
      this.faults.push(`\`${key}\` ${found}`);
    }
    return value;
  }

  repositories(): string[] {
    // What cdk.json says is overridden with `-c repositoryName= -c repositories=…`.
    const single = this.context.repositoryName === '' ? undefined : this.context.repositoryName;
    const several = this.context.repositories;
    if (single !== undefined && several !== undefined) {
      this.faults.push(
        `\`repositoryName\` (found ${show(single)}) and \`repositories\` (found ${show(several)}) are both there: write one of them`,
      );
      return [];
    }
    if (single === undefined && several === undefined) {
      this.fault('repositoryName', 'the name of a CodeCommit repository, or several in `repositories`');
      return [];
    }
    if (several !== undefined) {
      return this.list('repositories', repositoriesFault);
    }
    const name = this.checked('repositoryName', (value) => repositoriesFault([value]), 'a name');
    return [name];
  }

  /** A list, or names separated by commas as `-c` can give them. */
  list(key: string, fault: (names: readonly string[]) => string | undefined): string[] {
    const value = this.context[key];
    if (value === undefined) {
      return [];
    }
    const names: unknown = typeof value === 'string' ? value.split(',').map((name) => name.trim()) : value;
    if (!Array.isArray(names) || !names.every((name): name is string => typeof name === 'string')) {
      this.fault(key, 'a list of names, or names separated by commas');
      return [];
    }
    const found = fault(names);
    if (found !== undefined) {
      this.faults.push(`\`${key}\` ${found}`);
    }
    return names;
  }

  architecture(): 'arm64' | 'x86_64' {
    const value = this.context.architecture ?? 'arm64';
    if (value === 'arm64' || value === 'x86_64') {
      return value;
    }
    this.fault('architecture', '`arm64` or `x86_64`');
    return 'arm64';
  }

  lambdaDirectory(): string | undefined {
    const value = this.context.lambdaDirectory;
    if (value === undefined || (typeof value === 'string' && existsSync(value))) {
      return value;
    }
    return this.fault('lambdaDirectory', 'a directory that exists and holds the compiled functions');
  }

  network(): NetworkSettings | undefined {
    if (this.context.vpcId === undefined) {
      for (const key of ['subnetIds', 'securityGroupIds']) {
        if (this.context[key] !== undefined) {
          this.faults.push(`\`${key}\` belongs to a VPC: name it in \`vpcId\` as well, or leave both out`);
        }
      }
      return undefined;
    }
    const vpcId = this.matching('vpcId', /^vpc-[0-9a-f]+$/, 'the id of a VPC, for example `vpc-0a1b2c3d`');
    if (this.context.subnetIds === undefined) {
      this.fault('subnetIds', 'the subnets of the VPC that builds run in');
    }
    const subnetIds = this.list('subnetIds', idsFault('subnet', 16));
    return { vpcId, subnetIds, securityGroupIds: this.list('securityGroupIds', idsFault('sg', 5)) };
  }

  /** Only cdk.json can say it: `-c` knows no objects. */
  repositoryKeys(repositories: readonly string[]): Record<string, string> {
    const value: unknown = this.context.repositoryKeys ?? {};
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.fault('repositoryKeys', 'an object that gives repositories the ARNs of their keys');
      return {};
    }
    const entries = Object.entries(value as Record<string, unknown>);
    for (const [name, arn] of entries) {
      const fault = repositories.includes(name)
        ? keyArnFault(arn, String(this.context.region))
        : 'is none of the gated repositories: leave it out, or gate it';
      if (fault !== undefined) {
        this.faults.push(`\`repositoryKeys.${name}\` ${fault}`);
      }
    }
    return Object.fromEntries(entries.map(([name, arn]) => [name, String(arn)]));
  }

  private fault(key: string, form: string): string {
    const value = this.context[key];
    const found = value === undefined ? 'is missing' : `is ${show(value)}`;
    this.faults.push(`\`${key}\` ${found}: write ${form}, ${PLACE}`);
    return '';
  }
}
