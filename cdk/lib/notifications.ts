/**
 * What people are told beside the pull request: the rules of statemachine/notifications.json, to a topic. The words are the
 * run's own, the output of its execution, so that nothing here needs code or permissions in the account.
 */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { Duration, Stack } from 'aws-cdk-lib';
import { EventField, type IRuleTarget, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { LambdaFunction, SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Topic, type ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

import type { Names } from './names';
import { rules } from './triggers';

const FILE = resolve(__dirname, '../../statemachine/notifications.json');

/** One entry of notifications.json. */
interface Notification {
  readonly description: string;
  readonly eventPattern: Readonly<Record<string, unknown>>;
  /** Words with `{$.path}` for what the event says; a path alone gives what stands there as JSON. */
  readonly says: string;
}

/** Properties of the notifications. */
export interface NotificationsProps {
  readonly names: Names;
  readonly repositories: readonly string[];
  readonly router: IFunction;
  readonly deadLetters: IQueue;
  readonly topic?: ITopic;
  readonly breakGlassRoleArn?: string;
}

/** The rules of one deployment. */
export class Notifications extends Construct {
  /** The names of its rules, by their names in notifications.json. */
  readonly names: ReadonlyMap<string, readonly string[]>;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: NotificationsProps,
  ) {
    super(scope, id);
    const { names, topic, breakGlassRoleArn } = props;
    const text = readFileSync(FILE, 'utf8')
      .replaceAll('${StateMachineArn}', names.stateMachineArn)
      .replaceAll('${BreakGlassSessions}', names.sessionsOf(breakGlassRoleArn ?? ''));
    const { verdict, breakGlass, ...unknown } = JSON.parse(text) as Record<string, Notification>;
    if (verdict === undefined || breakGlass === undefined || Object.keys(unknown).length > 0) {
      throw new Error('notifications.json: the CDK app deploys `verdict` and `breakGlass`, and nothing else');
    }
    const told = topic && this.letIn(topic);
    const deployed = {
      ...(topic && { verdict }),
      ...(breakGlassRoleArn !== undefined && { breakGlass }),
    };
    this.names = new Map(
      Object.entries(deployed).map(([name, notification]) => [name, this.notify(name, notification, told)]),
    );
  }

  /**
   * EventBridge may publish for this account. Its pages do not say whether it sends for which: where it does, nobody else's rule
   * is let in. The topic is known by its ARN alone then, so that no target lets in everybody.
   */
  private letIn(topic: ITopic): ITopic {
    const statement = new PolicyStatement({
      principals: [new ServicePrincipal('events.amazonaws.com')],
      actions: ['sns:Publish'],
      resources: [topic.topicArn],
      conditions: { StringEqualsIfExists: { 'aws:SourceAccount': Stack.of(this).account } },
    });
    topic.addToResourcePolicy(statement);
    return Topic.fromTopicArn(this, 'Topic', topic.topicArn);
  }

  private notify(
    name: string,
    { description, eventPattern: pattern, says }: Notification,
    topic: ITopic | undefined,
  ): string[] {
    const { router, deadLetters } = this.props;
    const failures = { deadLetterQueue: deadLetters, retryAttempts: 8, maxEventAge: Duration.hours(2) };
    const targets: IRuleTarget[] = [];
    if (topic !== undefined) {
      targets.push(new SnsTopic(topic, { message: message(says), ...failures }));
    }
    if (name === 'breakGlass') {
      // Whoever is told or not: the router's log has it, and the rule's metric counts it.
      targets.push(new LambdaFunction(router, failures));
    }
    return rules(this, name, { ...this.props, description, pattern, targets });
  }
}

/** Quotes of a value would end the string they stand in: a path alone is passed on as it is. */
function message(says: string): RuleTargetInput {
  const path = /^\{([^}]+)\}$/.exec(says)?.[1];
  if (path !== undefined) {
    return RuleTargetInput.fromEventPath(path);
  }
  return RuleTargetInput.fromText(
    says.replaceAll(/\{([^}]+)\}/g, (_, inner: string) => EventField.fromPath(inner)),
  );
}
