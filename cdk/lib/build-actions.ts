/**
 * Which actions a build may ever be given. The gate's safety rests on what is refused here: nothing that reaches a pull
 * request, a branch, a build, a parameter, an execution, a function or another role.
 */
import { Effect, type PolicyStatement } from 'aws-cdk-lib/aws-iam';

/** Services of which builds get nothing but the actions named beside them. */
const GUARDED: Readonly<Record<string, readonly string[]>> = {
  codecommit: ['GitPull'],
  codebuild: [
    'CreateReport',
    'UpdateReport',
    'BatchPutTestCases',
    'BatchPutCodeCoverages',
    'BatchGetReports',
    'BatchGetReportGroups',
  ],
  codepipeline: [],
  cloudformation: ['DescribeStacks', 'DescribeStackEvents', 'ValidateTemplate'],
  events: [],
  iam: ['GetRole', 'ListRoles', 'SimulateCustomPolicy'],
  kms: [
    'Decrypt',
    'DescribeKey',
    'Encrypt',
    'GenerateDataKey',
    'GenerateDataKey*',
    'GenerateDataKeyWithoutPlaintext',
    'GenerateMac',
    'GetPublicKey',
    'ReEncrypt*',
    'ReEncryptFrom',
    'ReEncryptTo',
    'Sign',
    'Verify',
    'VerifyMac',
  ],
  lambda: ['GetFunction', 'GetFunctionConfiguration', 'GetLayerVersion'],
  organizations: [],
  scheduler: [],
  ssm: ['GetParameter', 'GetParameters', 'GetParametersByPath', 'DescribeParameters'],
  states: ['ValidateStateMachineDefinition'],
  // Tokens of CodeArtifact are bearer tokens.
  sts: ['GetCallerIdentity', 'GetServiceBearerToken'],
};

/** The actions of `statements`, for the Deny over everything else; throws when one is none for builds. */
export function permittedToBuilds(statements: readonly PolicyStatement[]): string[] {
  const faults: string[] = [];
  const actions = new Set<string>();
  for (const statement of statements) {
    if (statement.effect !== Effect.ALLOW || statement.notActions.length > 0) {
      faults.push(`${JSON.stringify(statement.toJSON())}: write statements that allow named actions`);
    }
    for (const action of statement.actions) {
      const fault = actionFault(action);
      if (fault !== undefined) {
        faults.push(`\`${action}\` ${fault}`);
      }
      actions.add(action);
    }
  }
  if (faults.length > 0) {
    throw new Error(`\`buildPolicies\` cannot be used:\n${faults.map((fault) => `- ${fault}`).join('\n')}`);
  }
  return [...actions].sort();
}

function actionFault(action: string): string | undefined {
  const [service = '', name = ''] = action.split(':');
  if (name === '' || /[*?]/.test(service)) {
    return 'reaches every service: name one service, for example `s3:GetObject`';
  }
  const permitted = GUARDED[service.toLowerCase()];
  if (permitted === undefined || permitted.some((own) => own.toLowerCase() === name.toLowerCase())) {
    return undefined;
  }
  const instead = permitted.length === 0 ? 'nothing' : permitted.map((own) => `\`${own}\``).join(', ');
  return `would let unreviewed code reach beyond its build: of \`${service}\` builds may have ${instead}`;
}
