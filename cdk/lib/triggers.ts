/** What starts the router: the rules of statemachine/triggers.json, which `gate local` sets up as well. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { Duration } from 'aws-cdk-lib';
import { Rule, Schedule, type EventPattern } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

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
  readonly rules: readonly Rule[];
  /** Their names in triggers.json. */
  readonly names: readonly string[];

  constructor(scope: Construct, id: string, props: TriggersProps) {
    super(scope, id);
    const { names } = props;
    const text = readFileSync(FILE, 'utf8').replaceAll('${StateMachineArn}', names.stateMachineArn);
    const triggers = Object.entries(JSON.parse(text) as Record<string, Trigger>);
    this.names = triggers.map(([name]) => name);
    this.rules = triggers.map(
      ([name, trigger]) =>
        new Rule(this, name, {
          ruleName: names.rule(name),
          description: trigger.description,
          eventPattern: trigger.eventPattern && eventPattern(name, trigger.eventPattern, props),
          schedule: trigger.scheduleExpression ? Schedule.expression(trigger.scheduleExpression) : undefined,
          targets: [
            new LambdaFunction(props.router, {
              deadLetterQueue: props.deadLetters,
              retryAttempts: 8,
              maxEventAge: Duration.hours(2),
            }),
          ],
        }),
    );
  }
}

/** The pattern as it stands; what CodeCommit says is of interest for the gated repositories only. */
export function eventPattern(
  name: string,
  pattern: Readonly<Record<string, unknown>>,
  { names, repositories }: Pick<TriggersProps, 'names' | 'repositories'>,
): EventPattern {
  const { source, 'detail-type': detailType, detail, ...unknown } = pattern;
  if (Object.keys(unknown).length > 0) {
    throw new Error(
      `\`${name}.eventPattern\` has \`${Object.keys(unknown).join('`, `')}\`, which the CDK app does not deploy`,
    );
  }
  const sources = source as string[];
  return {
    source: sources,
    detailType: detailType as string[] | undefined,
    detail: detail as Record<string, unknown>,
    resources: sources.includes('aws.codecommit')
      ? repositories.map((repository) => names.repositoryArn(repository))
      : undefined,
  };
}
