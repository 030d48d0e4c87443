/** The gate of one or several repositories, as one construct. */
import { Duration } from 'aws-cdk-lib';
import type { IAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import type { IRepository } from 'aws-cdk-lib/aws-ecr';
import {
  Grant,
  type IGrantable,
  type IManagedPolicy,
  PolicyStatement,
  ServicePrincipal,
} from 'aws-cdk-lib/aws-iam';
import { Architecture, type IFunction } from 'aws-cdk-lib/aws-lambda';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { IMetric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';

import { acknowledge } from './acknowledge';
import { BuildRole, CommonBuilds, OwnBuilds, type BuildRoles, type OwnBuildsProps } from './build-role';
import { FunctionFactory } from './code';
import { Deployment } from './deployment';
import { Functions } from './functions';
import { keysFaults, type RepositoryKeys } from './keys';
import { watchLimits } from './limits';
import { Names, type FunctionName } from './names';
import { Network, networkFaults } from './network';
import { Notifications } from './notifications';
import { Observability } from './observability';
import { ProtectBranches } from './protect-branches';
import { Seal } from './seal';
import { environmentFaults, RepositorySettings, type BuildEnvironment } from './settings';
import { GateMachine } from './state-machine';
import { Storage } from './storage';
import { Triggers } from './triggers';
import { destinationsFault, refuse, repositoriesFault, serviceNameFault } from './validation';

/** Properties of {@link MergeGate}. */
export interface MergeGateProps {
  /** The start of all names: at most 32 lower-case letters, digits and hyphens. */
  readonly serviceName: string;
  /** Names of the CodeCommit repositories to gate; they exist in the stack's account and Region. */
  readonly repositories: readonly string[];
  /**
   * Gated branches, without `refs/heads/`. Pull requests to other branches are told so once and built never.
   *
   * @default - the default branch of each repository, as it is when the stack is deployed
   */
  readonly destinations?: readonly string[];
  /**
   * What builds run on.
   *
   * @default - Amazon Linux on the smallest container, one hour
   */
  readonly environment?: BuildEnvironment;
  /**
   * The VPC that builds run in, for what they can reach there only. CodeBuild gives them no public address: the subnets
   * reach AWS over a NAT gateway or endpoints.
   *
   * @default - builds run outside of a VPC, with the internet before them
   */
  readonly vpc?: IVpc;
  /**
   * The subnets of `vpc` that builds run in, 1 to 16.
   *
   * @default - its private subnets with a way out
   */
  readonly vpcSubnets?: SubnetSelection;
  /**
   * The security groups of builds in `vpc`, 1 to 5.
   *
   * @default - one of their own, which lets everything out and nothing in
   */
  readonly securityGroups?: readonly ISecurityGroup[];
  /**
   * What builds may do beyond fetching their source and writing log, reports and artifacts. Whatever reaches pull
   * requests, branches, builds, parameters, executions or other roles is refused.
   *
   * @default - nothing
   */
  readonly buildPolicies?: readonly PolicyStatement[];
  /**
   * The customer-managed keys of repositories, by the names of these: functions and builds may use them by way of
   * CodeCommit. The policy of each key has to let the account say who may, as it does by default.
   *
   * @default - all repositories are under the key that AWS manages
   */
  readonly repositoryKeys?: RepositoryKeys;
  /**
   * A role that {@link MergeGate.protectBranches} exempts, for the day on which the gate itself is broken.
   *
   * @default - nobody is exempt
   */
  readonly breakGlassRoleArn?: string;
  /**
   * Told of pull requests that are red or held, of approval rules that somebody overrode, and of what the break-glass
   * role does, in one sentence each.
   *
   * @default - it is said on the pull request only; alarms count overrides and the use of the break-glass role
   */
  readonly notifications?: ITopic;
  /**
   * Told of alarms.
   *
   * @default - alarms are shown in CloudWatch only
   */
  readonly alarmTopic?: ITopic;
  /**
   * How long a run may take before an alarm tells.
   *
   * @default Duration.hours(12)
   */
  readonly longestRun?: Duration;
  /**
   * What the functions run on.
   *
   * @default Architecture.ARM_64
   */
  readonly architecture?: Architecture;
  /**
   * A directory with compiled functions, `<name>/bootstrap` or `<name>.zip`.
   *
   * @default - cargo-lambda compiles them at synthesis
   */
  readonly lambdaDirectory?: string;
  /**
   * Memory of each function in MiB.
   *
   * @default 128
   */
  readonly memorySize?: number;
  /**
   * How long logs of functions, runs and builds are kept.
   *
   * @default RetentionDays.THREE_MONTHS
   */
  readonly logRetention?: RetentionDays;
  /**
   * Anything that was not said at the last deployment: approval rules, their templates, the references that they are for and the
   * settings of repositories are looked at and put right, though nothing of the deployment has changed.
   *
   * @default - they are looked at when something has changed
   */
  readonly repair?: string;
  /**
   * How long artifacts and images of builds are kept.
   *
   * @default Duration.days(14)
   */
  readonly artifactLifetime?: Duration;
}

interface Builds {
  readonly network?: Network;
  readonly constructs: readonly Construct[];
  readonly roles: ReadonlyMap<string, BuildRoles>;
}

/** Gates pull requests: each is built as it will be once merged, and approved when that passed. */
export class MergeGate extends Construct {
  /** The state machine; one execution per run. */
  readonly stateMachine: IStateMachine;
  /** The functions by name. */
  readonly functions: Readonly<Record<FunctionName, IFunction>>;
  /** The roles that builds run under, by repository: those of one cannot fetch the source of another. */
  readonly buildRoles: ReadonlyMap<string, BuildRoles>;
  /** Events that could not be handled. */
  readonly deadLetters: IQueue;
  /** Where builds may put what they make, below `builds/<repository>/<ARN of the project>/`. */
  readonly artifacts: IBucket;
  /** For images of container builds. */
  readonly images: IRepository;
  /** For the people of a team, all of them: gated branches change by merging pull requests only. */
  readonly protectBranches: readonly IManagedPolicy[];
  /** Who lacks which of them, in words, as it was found when the deployment last changed. */
  readonly policiesToAttach: string;
  /** What tells that the gate needs a person. */
  readonly alarms: readonly IAlarm[];
  /** The dashboard's name. */
  readonly dashboardName: string;
  /** Who may satisfy the approval rule. */
  readonly approvalPoolMember: string;

  constructor(scope: Construct, id: string, props: MergeGateProps) {
    super(scope, id);
    validate(this, props);
    watchLimits(this);
    const names = new Names(this, props.serviceName);
    this.approvalPoolMember = names.approvalPoolMember;
    this.deadLetters = deadLetterQueue(this, names);
    const ofEvents = Queue.fromQueueArn(this, 'DeadLettersOfEvents', names.deadLettersArn);
    const shared = {
      names,
      repositories: props.repositories,
      destinations: props.destinations ?? [],
      repositoryKeys: props.repositoryKeys ?? {},
      breakGlassRoleArn: props.breakGlassRoleArn,
      deadLetters: this.deadLetters,
      logRetention: props.logRetention ?? RetentionDays.THREE_MONTHS,
    };
    const artifactLifetime = props.artifactLifetime ?? Duration.days(14);
    const storage = new Storage(this, 'Storage', { ...shared, artifactLifetime });
    this.artifacts = storage.artifacts;
    this.images = storage.images;
    const builds = this.builds(props, { ...shared, artifacts: storage.artifacts });
    this.buildRoles = builds.roles;
    const roles = { buildRoles: builds.roles };
    const seal = new Seal(this, 'Seal', shared);
    const functions = new Functions(this, 'Functions', {
      ...shared,
      seal: seal.secret,
      ...roles,
      artifacts: storage.artifacts,
      factory: new FunctionFactory(props.architecture ?? Architecture.ARM_64, props.lambdaDirectory),
      memorySize: props.memorySize ?? 128,
    });
    this.functions = functions.all;
    const { router } = functions.all;
    const machine = new GateMachine(this, 'Machine', { ...shared, functions: functions.all });
    this.stateMachine = machine.stateMachine;
    const settings = new RepositorySettings(this, 'Settings', {
      ...shared,
      ...roles,
      environment: props.environment ?? {},
      imageRepositoryUri: storage.images.repositoryUri,
      network: builds.network,
    });
    const triggers = new Triggers(this, 'Triggers', { ...shared, deadLetters: ofEvents, router });
    const notifications = new Notifications(this, 'Notifications', {
      ...shared,
      deadLetters: ofEvents,
      router,
      topic: props.notifications,
    });
    const deployment = new Deployment(this, 'Deployment', {
      ...shared,
      artifacts: storage.artifacts,
      triggers: [...triggers.names.values()].flat(),
      repair: props.repair,
    });
    const protection = new ProtectBranches(this, 'ProtectBranches', {
      ...shared,
      artifacts: storage.artifacts,
      seal: seal.secret,
      references: (repository) => deployment.referencesOf(repository),
    });
    this.protectBranches = protection.policies;
    const others = [storage, seal, ...builds.constructs, functions, machine, settings, triggers];
    this.policiesToAttach = deployment.finish(
      this.protectBranches,
      settings.parameters,
      ...others,
      notifications,
    );
    const observability = new Observability(this, 'Observability', {
      ...shared,
      functions: functions.all,
      stateMachine: machine.stateMachine,
      longestRun: props.longestRun ?? Duration.hours(12),
      alarmTopic: props.alarmTopic,
      overridden: triggers.names.get('rulesOverridden') ?? [],
      breakGlass: notifications.names.get('breakGlass') ?? [],
    });
    this.alarms = observability.alarms;
    this.dashboardName = observability.dashboard.dashboardName;
  }

  /** Where builds run, and as whom. */
  private builds(props: MergeGateProps, shared: Omit<OwnBuildsProps, 'repository'>): Builds {
    const network = props.vpc && new Network(this, 'Network', props.vpc, props);
    const { names } = shared;
    const buildPolicies = props.buildPolicies ?? [];
    const plainBuilds = new CommonBuilds(this, 'Builds', { names, buildPolicies, network });
    const containerBuilds = new CommonBuilds(this, 'ContainerBuilds', {
      names,
      buildPolicies,
      network,
      images: this.images,
    });
    const made = props.repositories.map((repository) => {
      const own = new OwnBuilds(this, `BuildsOf-${repository}`, { ...shared, repository });
      const plain = new BuildRole(this, `Build-${repository}`, {
        names,
        repository,
        own,
        common: plainBuilds,
        container: false,
      });
      const container = new BuildRole(this, `ContainerBuild-${repository}`, {
        names,
        repository,
        own,
        common: containerBuilds,
        container: true,
      });
      return { repository, own, plain, container };
    });
    return {
      network,
      constructs: [
        plainBuilds,
        containerBuilds,
        ...made.flatMap(({ plain, container }) => [plain, container]),
      ],
      roles: new Map(
        made.map(({ repository, plain, container }) => [
          repository,
          { plain: plain.role, container: container.role },
        ]),
      ),
    };
  }

  /** Lets somebody see how runs stand and what they said. */
  grantReadRuns(grantee: IGrantable): Grant {
    return this.stateMachine.grantRead(grantee);
  }

  /** Lets somebody read and clear the dead letters. */
  grantHandleDeadLetters(grantee: IGrantable): Grant {
    return this.deadLetters.grantConsumeMessages(grantee);
  }

  /** Runs that were started. */
  metricRuns(options?: MetricOptions): IMetric {
    return this.stateMachine.metricStarted(options);
  }

  /** Runs that died of a failure of the gate itself; a red build is none. */
  metricFailedRuns(options?: MetricOptions): IMetric {
    return this.stateMachine.metricFailed(options);
  }

  /** How long runs take, in milliseconds. */
  metricRunTime(options?: MetricOptions): IMetric {
    return this.stateMachine.metricTime(options);
  }
}

function validate(scope: Construct, props: MergeGateProps): void {
  const faults = [
    ['serviceName', serviceNameFault(props.serviceName)],
    ['repositories', repositoriesFault(props.repositories)],
    ['destinations', destinationsFault(props.destinations ?? [])],
  ] as const;
  refuse(scope.node.path, [
    ...faults.flatMap(([key, fault]) => (fault === undefined ? [] : [`\`${key}\` ${fault}`])),
    ...environmentFaults(props.environment ?? {}),
    ...networkFaults(props),
    ...keysFaults(props.repositoryKeys ?? {}, props.repositories),
  ]);
}

function deadLetterQueue(scope: Construct, names: Names): Queue {
  const queue = new Queue(scope, 'DeadLetters', {
    queueName: names.deadLetters,
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
  });
  // Of each rule by itself there would be more statements than a queue's policy takes.
  queue.addToResourcePolicy(
    new PolicyStatement({
      sid: 'Events',
      principals: [new ServicePrincipal('events.amazonaws.com')],
      actions: ['sqs:SendMessage'],
      resources: [queue.queueArn],
      conditions: { ArnLike: { 'aws:SourceArn': names.ruleArn(names.rule('*')) } },
    }),
  );
  acknowledge(queue, { 'AwsSolutions-SQS3': 'It is the dead-letter queue.' });
  return queue;
}
