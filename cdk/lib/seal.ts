/**
 * The key that seals what passes between the steps of a run: a secret that nobody but the functions of steps may read, and
 * that nobody changes once it is made.
 */
import { RemovalPolicy } from 'aws-cdk-lib';
import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';

import { acknowledge } from './acknowledge';
import type { FunctionName, Names } from './names';

/** The functions that take and put out states of runs. */
export const SEALING = ['environment', 'builder', 'reporter'] as const satisfies readonly FunctionName[];

/** Properties of the seal. */
export interface SealProps {
  readonly names: Names;
  /** Who may give it another value. */
  readonly breakGlassRoleArn?: string;
}

/** The key of one deployment. */
export class Seal extends Construct {
  readonly secret: Secret;

  constructor(scope: Construct, id: string, { names, breakGlassRoleArn }: SealProps) {
    super(scope, id);
    this.secret = new Secret(this, 'Secret', {
      description: `Seals what passes between the steps of a run of ${names.service}`,
      generateSecretString: { passwordLength: 64, excludePunctuation: true },
      removalPolicy: RemovalPolicy.DESTROY,
    });
    acknowledge(this.secret, {
      'AwsSolutions-SMG4': 'Runs that are under way bear its seal for hours: another value ends them.',
    });
    const role = (name: string) => names.identityArn(`role/${name}`);
    this.deny('NobodyElseReads', ['GetSecretValue'], {
      ArnNotEquals: { 'aws:PrincipalArn': SEALING.map((name) => role(names.role(name))) },
    });
    // CloudFormation updates the secret with the stack, under the role that bootstrapping made for it.
    const others = [role('cdk-*-cfn-exec-role-*'), ...(breakGlassRoleArn ? [breakGlassRoleArn] : [])];
    this.deny(
      'NobodyChanges',
      [
        'PutSecretValue',
        'ReplicateSecretToRegions',
        'RotateSecret',
        'UpdateSecret',
        'UpdateSecretVersionStage',
      ],
      { ArnNotLike: { 'aws:PrincipalArn': others } },
    );
  }

  private deny(sid: string, actions: readonly string[], conditions: Record<string, object>): void {
    this.secret.addToResourcePolicy(
      new PolicyStatement({
        sid,
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions: actions.map((action) => `secretsmanager:${action}`),
        resources: ['*'],
        conditions,
      }),
    );
  }
}
