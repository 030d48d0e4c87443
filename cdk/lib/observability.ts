/** What tells people that the gate needs them, and what shows how it does. */
import { Duration } from 'aws-cdk-lib';
import {
  Alarm,
  ComparisonOperator,
  Dashboard,
  GraphWidget,
  type IMetric,
  LogQueryVisualizationType,
  LogQueryWidget,
  MathExpression,
  Metric,
  type MetricOptions,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { Function } from 'aws-cdk-lib/aws-lambda';
import { FilterPattern, MetricFilter } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';

import type { FunctionName, Names } from './names';
import { SEALING } from './seal';

/** Properties of alarms and dashboard. */
export interface ObservabilityProps {
  readonly names: Names;
  readonly functions: Readonly<Record<FunctionName, Function>>;
  readonly stateMachine: StateMachine;
  readonly deadLetters: IQueue;
  readonly longestRun: Duration;
  readonly alarmTopic?: ITopic;
  /** The names of the rules for overridden approval rules, and of those for the break-glass role if there is one. */
  readonly overridden: readonly string[];
  readonly breakGlass: readonly string[];
}

const PERIOD = Duration.minutes(5);

/** What the reporter logs when it gave a verdict. */
export const VERDICT_SENTENCE = 'gave the verdict';
export const VERDICT_FIELD = 'verdict';

/** What the reporter logs for each flag in the title of a pull request that it judged. */
export const FLAG_SENTENCE = 'judged under a flag in the title';
export const FLAG_FIELD = 'flag';

/** What the router logs when a gated branch moved without the merge of an approved pull request. */
export const PAST_SENTENCE = 'a branch was moved past the gate';

/** What a function logs that was handed a state which no step of a run has put out. */
export const SEAL_SENTENCE = 'a state without the seal was refused';

/** Alarms and dashboard of one deployment. */
export class Observability extends Construct {
  readonly alarms: readonly Alarm[];
  readonly dashboard: Dashboard;
  private readonly movedPast: Metric;
  private readonly brokenSeals: Metric;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: ObservabilityProps,
  ) {
    super(scope, id);
    this.movedPast = this.countMovesPast();
    this.brokenSeals = this.countBrokenSeals();
    this.alarms = this.makeAlarms();
    const { alarmTopic } = props;
    if (alarmTopic !== undefined) {
      this.alarms.forEach((alarm) => {
        alarm.addAlarmAction(new SnsAction(alarmTopic));
      });
    }
    this.count('Verdicts', VERDICT_SENTENCE, 'Verdict', VERDICT_FIELD);
    this.count('FlagsInTitles', FLAG_SENTENCE, 'Flag', FLAG_FIELD);
    this.dashboard = this.makeDashboard();
  }

  /** Counts what the reporter logs, by the value of a field. */
  private count(metricName: string, sentence: string, dimension: string, field: string): void {
    new MetricFilter(this, metricName, {
      logGroup: this.props.functions.reporter.logGroup,
      filterPattern: FilterPattern.stringValue('$.fields.message', '=', sentence),
      metricNamespace: namespace(this.props.names),
      metricName,
      dimensions: { [dimension]: `$.fields.${field}` },
    });
  }

  private countMovesPast(): Metric {
    const filter = new MetricFilter(this, 'MovesPastTheGate', {
      logGroup: this.props.functions.router.logGroup,
      filterPattern: FilterPattern.stringValue('$.fields.message', '=', PAST_SENTENCE),
      metricNamespace: namespace(this.props.names),
      metricName: 'MovedPastTheGate',
    });
    return filter.metric({ statistic: 'Sum', period: PERIOD });
  }

  private countBrokenSeals(): Metric {
    const metricName = 'BrokenSeals';
    for (const name of SEALING) {
      new MetricFilter(this, `${metricName}-${name}`, {
        logGroup: this.props.functions[name].logGroup,
        filterPattern: FilterPattern.stringValue('$.fields.message', '=', SEAL_SENTENCE),
        metricNamespace: namespace(this.props.names),
        metricName,
      });
    }
    const metricNamespace = namespace(this.props.names);
    return new Metric({ namespace: metricNamespace, metricName, statistic: 'Sum', period: PERIOD });
  }

  private makeAlarms(): Alarm[] {
    const { deadLetters, stateMachine, longestRun } = this.props;
    return [
      this.alarm(
        'DeadLetters',
        'An event could not be handled: look into the dead-letter queue, then send it again',
        deadLetters.metricApproximateNumberOfMessagesVisible({ period: PERIOD, statistic: 'Maximum' }),
        1,
      ),
      this.alarm(
        'FailedRuns',
        'A run of the gate died; the pull request says why, the router starts the next attempt',
        sum('Failed runs', {
          failed: stateMachine.metricFailed({ period: PERIOD }),
          timedOut: stateMachine.metricTimedOut({ period: PERIOD }),
          aborted: stateMachine.metricAborted({ period: PERIOD }),
        }),
        1,
      ),
      this.alarm(
        'RunAge',
        `A run took longer than ${longestRun.toHumanString()}: builds wait in the queue, or hang`,
        stateMachine.metricTime({ period: PERIOD, statistic: 'Maximum' }),
        longestRun.toMilliseconds(),
      ),
      this.alarm(
        'Throttles',
        "AWS throttles the gate: raise the account's concurrency, or see what else uses it",
        sum('Throttles', {
          ...this.perFunction((made) => made.metricThrottles({ period: PERIOD })),
          runs: stateMachine.metricThrottled({ period: PERIOD }),
        }),
        1,
      ),
      ...this.bypasses(),
    ];
  }

  /** Ways past the gate that it can see. */
  private bypasses(): Alarm[] {
    const overridden = this.alarm(
      'RulesOverridden',
      'Somebody overrode the approval rules of a pull request; its comments and the log of the router say who',
      this.matched('rules overridden', this.props.overridden),
      1,
    );
    const moved = this.alarm(
      'MovedPastTheGate',
      'Somebody moved a gated branch past the gate; the log of the router says who, and to which commit',
      this.movedPast,
      1,
    );
    const seal = this.alarm(
      'BrokenSeal',
      'A function was handed a state that no step of a run has put out; its log says for which run and step',
      this.brokenSeals,
      1,
    );
    if (this.props.breakGlass.length === 0) {
      return [overridden, moved, seal];
    }
    const breakGlass = this.alarm(
      'BreakGlass',
      'The break-glass role changed something in a gated repository; the log of the router says what',
      this.matched('break glass', this.props.breakGlass),
      1,
    );
    return [overridden, moved, seal, breakGlass];
  }

  /** How many events rules of the deployment matched. */
  private matched(label: string, rules: readonly string[], options: MetricOptions = {}): IMetric {
    const metrics = rules.map(
      (RuleName) =>
        new Metric({
          namespace: 'AWS/Events',
          metricName: 'TriggeredRules',
          dimensionsMap: { RuleName },
          statistic: 'Sum',
          period: PERIOD,
          ...options,
        }),
    );
    const [only] = metrics;
    const id = label.replaceAll(' ', '_');
    return metrics.length === 1 && only !== undefined
      ? only
      : sum(label, Object.fromEntries(metrics.map((metric, place) => [`${id}${place}`, metric])));
  }

  private alarm(name: string, description: string, metric: IMetric, threshold: number): Alarm {
    return new Alarm(this, name, {
      alarmName: `${this.props.names.service}-${name}`,
      alarmDescription: description,
      metric,
      threshold,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  }

  private perFunction(metric: (made: Function) => IMetric): Record<string, IMetric> {
    return Object.fromEntries(
      Object.entries(this.props.functions).map(([name, made]) => [name, metric(made)]),
    );
  }

  private makeDashboard(): Dashboard {
    const { names, stateMachine, deadLetters, functions } = this.props;
    const dashboard = new Dashboard(this, 'Dashboard', { dashboardName: names.role('gate') });
    dashboard.addWidgets(
      graph('Runs', [
        stateMachine.metricStarted({ label: 'started' }),
        stateMachine.metricSucceeded({ label: 'ended' }),
        stateMachine.metricFailed({ label: 'failed' }),
        stateMachine.metricTimedOut({ label: 'timed out' }),
      ]),
      graph('How long runs take', [
        stateMachine.metricTime({ statistic: 'p50', label: 'half of them' }),
        stateMachine.metricTime({ statistic: 'p95', label: '95 of 100' }),
      ]),
    );
    dashboard.addWidgets(
      new LogQueryWidget({
        title: 'Verdicts',
        width: 12,
        view: LogQueryVisualizationType.BAR,
        logGroupNames: [functions.reporter.logGroup.logGroupName],
        queryLines: [
          `filter fields.message = "${VERDICT_SENTENCE}"`,
          `stats count(*) as verdicts by fields.${VERDICT_FIELD}`,
        ],
      }),
      graph('Flags in titles', [flagsInTitles(this.props.names)]),
      graph('How long events wait for the router', [
        functions.router.metric('AsyncEventAge', { statistic: 'p95', label: '95 of 100' }),
        functions.router.metric('AsyncEventAge', { statistic: 'Maximum', label: 'the longest' }),
      ]),
    );
    dashboard.addWidgets(
      graph('Build minutes per hour', [buildMinutes(names)]),
      graph('Ways past the gate', [
        this.matched('rules overridden', this.props.overridden, { label: 'rules overridden' }),
        this.movedPast.with({ label: 'moved past the gate' }),
        this.brokenSeals.with({ label: 'broken seals' }),
        ...(this.props.breakGlass.length > 0
          ? [this.matched('break glass', this.props.breakGlass, { label: 'break glass' })]
          : []),
      ]),
    );
    const named = Object.entries(functions);
    dashboard.addWidgets(
      graph('Needs a person', [
        deadLetters.metricApproximateNumberOfMessagesVisible({ label: 'dead letters' }),
        ...named.map(([name, made]) => made.metricErrors({ label: `${name} failed` })),
        ...named.map(([name, made]) => made.metricThrottles({ label: `${name} throttled` })),
      ]),
      graph('How long steps take', [
        ...named.map(([name, made]) =>
          made.metricDuration({ statistic: 'p95', label: `${name}, 95 of 100` }),
        ),
      ]),
    );
    return dashboard;
  }
}

/** All projects of pull requests, whichever there are. */
function buildMinutes(names: Names): MathExpression {
  const projects = `{AWS/CodeBuild,ProjectName} MetricName="Duration" ProjectName="${names.service}-pr-"`;
  return new MathExpression({
    expression: `SUM(SEARCH('${projects}', 'Sum', 3600)) / 60`,
    usingMetrics: {},
    label: 'minutes',
    period: Duration.hours(1),
  });
}

/** Where the deployment counts what the reporter logs. */
function namespace(names: Names): string {
  return `Mergegate/${names.service}`;
}

/** Every flag that was in a title, each as a line of its own. */
function flagsInTitles(names: Names): MathExpression {
  const flags = `{${namespace(names)},Flag} MetricName="FlagsInTitles"`;
  return new MathExpression({
    expression: `SEARCH('${flags}', 'Sum', 3600)`,
    usingMetrics: {},
    label: '',
    period: Duration.hours(1),
  });
}

function sum(label: string, usingMetrics: Record<string, IMetric>): MathExpression {
  const expression = Object.keys(usingMetrics)
    .map((name) => `FILL(${name}, 0)`)
    .join(' + ');
  return new MathExpression({ expression, usingMetrics, label, period: PERIOD });
}

function graph(title: string, left: IMetric[]): GraphWidget {
  return new GraphWidget({ title, left, width: 12 });
}
