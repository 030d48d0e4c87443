/** The four functions, each with a role, a log group and the variables that `gate_aws::Deployment` reads. */
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type Function, LoggingFormat, Tracing } from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';

import { explain, grant } from './acknowledge';
import type { FunctionFactory } from './code';
import { useOfKeys, type RepositoryKeys } from './keys';
import { FUNCTIONS, type FunctionName, type Names } from './names';
import { permissions, type Subjects } from './permissions';
import { SEALING } from './seal';

/** Properties of the functions. */
export interface FunctionsProps extends Subjects {
  readonly factory: FunctionFactory;
  readonly deadLetters: IQueue;
  readonly repositoryKeys: RepositoryKeys;
  readonly logRetention: RetentionDays;
  readonly memorySize: number;
}

/** The sweep looks at every environment in one invocation; a step of the state machine is one pull request's. */
const TIMEOUT: Readonly<Record<FunctionName, Duration>> = {
  router: Duration.minutes(15),
  environment: Duration.minutes(5),
  builder: Duration.minutes(5),
  reporter: Duration.minutes(5),
};

/** Who starts executions, or looks them up. */
const KNOWS_RUNS: ReadonlySet<FunctionName> = new Set(['router', 'reporter']);

/** Who tells CodeBuild where raw files of reports go and where builds keep what they make, and who reads and keeps what was found. */
const USES_BUCKET: ReadonlySet<FunctionName> = new Set(['environment', 'builder', 'reporter']);

const SEALS: ReadonlySet<FunctionName> = new Set(SEALING);

/** The functions of one deployment. */
export class Functions extends Construct {
  readonly all: Readonly<Record<FunctionName, Function>>;

  constructor(scope: Construct, id: string, props: FunctionsProps) {
    super(scope, id);
    const made = FUNCTIONS.map((name) => [name, this.make(name, props)] as const);
    this.all = Object.fromEntries(made) as Record<FunctionName, Function>;
  }

  private make(name: FunctionName, props: FunctionsProps): Function {
    const { names } = props;
    const scope = new Construct(this, capitalised(name));
    const functionName = names.function(name);
    const logGroup = logGroupOf(scope, functionName, props.logRetention);
    const role = functionRole(scope, names, name, logGroup);
    const keys = useOfKeys(scope, props.repositoryKeys, props.repositories);
    grant(role, ...permissions(name, props), ...keys);
    // X-Ray knows no resource.
    explain(role, ['*']);
    const made = props.factory.make(scope, 'Function', name, {
      functionName,
      description: DESCRIPTION[name],
      role,
      logGroup,
      memorySize: props.memorySize,
      timeout: TIMEOUT[name],
      tracing: Tracing.ACTIVE,
      loggingFormat: LoggingFormat.JSON,
      environment: {
        MERGEGATE_SERVICE: names.service,
        MERGEGATE_REPORTER_ARN: names.reporterArn,
        MERGEGATE_BUILDER_ARN: names.builderArn,
        ...(SEALS.has(name) ? { MERGEGATE_SEAL_SECRET: props.seal.secretArn } : {}),
        ...(USES_BUCKET.has(name) ? { MERGEGATE_ARTIFACT_BUCKET: props.artifacts.bucketName } : {}),
        ...(KNOWS_RUNS.has(name) ? { MERGEGATE_STATE_MACHINE_ARN: names.stateMachineArn } : {}),
      },
    });
    if (name === 'router') {
      // Events reach it asynchronously: what fails three times is kept.
      made.configureAsyncInvoke({
        onFailure: new SqsDestination(props.deadLetters),
        retryAttempts: 2,
        maxEventAge: Duration.hours(6),
      });
    }
    made.node.addDependency(role);
    return made;
  }
}

const DESCRIPTION: Readonly<Record<FunctionName, string>> = {
  router: 'From an event to the run that is wanted',
  environment: 'What exists per open pull request: prepares it, tears it down',
  builder: 'Starts, watches and stops the builds of a pull request',
  reporter: 'The only one that comments and approves',
};

/** A log group that goes with the stack. */
export function logGroupOf(scope: Construct, functionName: string, retention: RetentionDays): LogGroup {
  return new LogGroup(scope, 'Logs', {
    logGroupName: `/aws/lambda/${functionName}`,
    retention,
    removalPolicy: RemovalPolicy.DESTROY,
  });
}

/** A function's role, with nothing but writing its own log. */
export function functionRole(
  scope: Construct,
  names: Names,
  name: FunctionName | 'deployment',
  logGroup: LogGroup,
): Role {
  const role = new Role(scope, 'Role', {
    roleName: names.role(name),
    description: `The function ${names.function(name)}, and nothing else`,
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
  });
  role.addToPolicy(
    new PolicyStatement({
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [logGroup.logGroupArn],
    }),
  );
  return role;
}

function capitalised(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
