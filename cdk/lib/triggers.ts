/** What starts the router: the rules of statemachine/triggers.json, which `gate local` sets up as well. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { Duration } from 'aws-cdk-lib';
import { type IRuleTarget, Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

import { parts, PATTERN_LIMIT, sizeOf } from './limits';
import type { Names } from './names';

const FILE = resolve(__dirname, '../../statemachine/triggers.json');

/** One entry of triggers.json. */
interface Trigger {
  readonly description: string;
  readonly eventPattern?: Readonly<Record<string, unknown>>;
  readonly scheduleExpression?: string;
}

/** Properties of the triggers. */
export interface TriggersProps {
  readonly names: Names;
  readonly repositories: readonly string[];
  readonly router: IFunction;
  readonly deadLetters: IQueue;
}

/** The rules of one deployment. */
export class Triggers extends Construct {
  /** The names of its rules, by their names in triggers.json. */
  readonly names: ReadonlyMap<string, readonly string[]>;

  constructor(scope: Construct, id: string, props: TriggersProps) {
    super(scope, id);
    const { names } = props;
    const text = readFileSync(FILE, 'utf8').replaceAll('${StateMachineArn}', names.stateMachineArn);
    const triggers = Object.entries(JSON.parse(text) as Record<string, Trigger>);
    const targets = [
      new LambdaFunction(props.router, {
        deadLetterQueue: props.deadLetters,
        retryAttempts: 8,
        maxEventAge: Duration.hours(2),
      }),
    ];
    this.names = new Map(
      triggers.map(([name, { description, eventPattern: pattern, scheduleExpression }]) => [
        name,
        scheduleExpression === undefined
          ? rules(this, name, { ...props, description, pattern: pattern ?? {}, targets })
          : [this.schedule(name, { description, scheduleExpression, targets, names })],
      ]),
    );
  }

  private schedule(
    name: string,
    { names, scheduleExpression, ...props }: Pick<TriggersProps, 'names'> & ScheduleProps,
  ): string {
    const ruleName = names.rule(name);
    new Rule(this, name, { ...props, ruleName, schedule: Schedule.expression(scheduleExpression) });
    return ruleName;
  }
}

interface ScheduleProps {
  readonly description: string;
  readonly scheduleExpression: string;
  readonly targets: IRuleTarget[];
}

/** One entry of a file of rules, with what becomes of it. */
export interface PatternProps extends Pick<TriggersProps, 'names' | 'repositories'> {
  readonly description: string;
  readonly pattern: Readonly<Record<string, unknown>>;
  readonly targets: IRuleTarget[];
}

/**
 * The rule of one entry, or several, because a pattern has no room for many repositories. What CodeCommit says is of
 * interest for the gated ones only. Answers the names of the rules.
 */
export function rules(scope: Construct, name: string, props: PatternProps): string[] {
  const { names, repositories, description, targets } = props;
  const { source, detailType, detail } = patternOf(name, props.pattern);
  const arns = source.includes('aws.codecommit')
    ? repositories.map((repository) => names.repositoryArn(repository))
    : [];
  const written = { source, 'detail-type': detailType, detail, resources: [] };
  const room = PATTERN_LIMIT - sizeOf(scope, written);
  const lists = arns.length === 0 ? [undefined] : parts(arns, room, (arn) => sizeOf(scope, arn));
  return lists.map((resources, place) => {
    const [id, ruleName] = [name, names.rule(name)].map((text) =>
      place === 0 ? text : `${text}-${place + 1}`,
    );
    new Rule(scope, id ?? name, {
      ruleName,
      description,
      eventPattern: { source, detailType, detail, resources },
      targets,
    });
    return ruleName ?? name;
  });
}

interface Pattern {
  readonly source: string[];
  readonly detailType?: string[];
  readonly detail: Record<string, unknown>;
}

function patternOf(name: string, pattern: Readonly<Record<string, unknown>>): Pattern {
  const { source, 'detail-type': detailType, detail, ...unknown } = pattern;
  if (Object.keys(unknown).length > 0) {
    throw new Error(
      `\`${name}.eventPattern\` has \`${Object.keys(unknown).join('`, `')}\`, which the CDK app does not deploy`,
    );
  }
  return {
    source: source as string[],
    detailType: detailType as string[] | undefined,
    detail: detail as Record<string, unknown>,
  };
}
