/** The state machine, from the file that `gate local` interprets as well. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { DefinitionBody, LogLevel, StateMachine, StateMachineType } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';

import { explain } from './acknowledge';
import type { FunctionName, Names } from './names';

const DEFINITION = resolve(__dirname, '../../statemachine/gate.asl.json');

/** Properties of the state machine. */
export interface GateMachineProps {
  readonly names: Names;
  readonly functions: Readonly<Record<FunctionName, IFunction>>;
  readonly logRetention: RetentionDays;
}

/** The state machine, its log and its role. */
export class GateMachine extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, props: GateMachineProps) {
    super(scope, id);
    const { environment, builder, reporter } = props.functions;
    const role = new Role(this, 'Role', {
      roleName: props.names.role('state-machine'),
      description: `The state machine ${props.names.stateMachine}: invokes its three functions`,
      assumedBy: props.names.deputy('states', props.names.stateMachineArn),
    });
    // A definition from a file gets no permissions by itself.
    role.addToPolicy(
      new PolicyStatement({
        actions: ['lambda:InvokeFunction'],
        resources: [environment, builder, reporter].map((invoked) => invoked.functionArn),
      }),
    );
    // Log delivery and X-Ray know no resource.
    explain(role, ['*']);
    this.stateMachine = new StateMachine(this, 'StateMachine', {
      stateMachineName: props.names.stateMachine,
      stateMachineType: StateMachineType.STANDARD,
      comment: 'One pull request: gate a revision, or tear its environment down',
      definitionBody: DefinitionBody.fromString(readFileSync(DEFINITION, 'utf8')),
      definitionSubstitutions: {
        Partition: Stack.of(this).partition,
        EnvironmentFunction: environment.functionArn,
        BuilderFunction: builder.functionArn,
        ReporterFunction: reporter.functionArn,
      },
      role,
      tracingEnabled: true,
      logs: {
        destination: new LogGroup(this, 'Logs', {
          // Groups of this prefix need no entry of their own in the account's resource policy, which has little room.
          logGroupName: `/aws/vendedlogs/states/${props.names.stateMachine}`,
          retention: props.logRetention,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
        level: LogLevel.ALL,
        // Titles and branches are other people's words: the history shows them to those who may see executions.
        includeExecutionData: false,
      },
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }
}
