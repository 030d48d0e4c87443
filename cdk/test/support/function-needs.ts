/**
 * What the functions need: every operation that their code calls, on what the reference says it is checked on, of this
 * deployment. Only what a request carries beside its resource, and what is no call of theirs, is written here.
 */
import type { FunctionName } from '../../lib/names';
import type { Deployed } from './deployed';
import { parameterCalls, type ParameterCall } from './deployment-calls';
import { keyNeeds, type Need } from './needs';
import type { Reference } from './reference';
import { actionsOf } from './rust';
import { nameOf, parameterUses } from './rust-names';
import { actionsOfDeployment } from './sdk';

/** What the code of a function, and Lambda under its role, has to be allowed. */
export function functionNeeds(name: FunctionName, deployed: Deployed, reference: Reference): Need[] {
  const actions = actionsOf(name).filter((action) => !action.startsWith('ssm:'));
  const objects = objectsOf(name, deployed);
  return [
    ...actions.flatMap((action) => onThings(action, deployed, reference, objects)),
    ...parameters(name, deployed),
    ...passed(name, deployed),
    ...keys(deployed),
    ...runtime(name, deployed),
    ...tracing(),
    ...(name === 'router' ? deadLetters(deployed) : []),
  ];
}

/** The same of the custom resource's function. */
export async function deploymentNeeds(deployed: Deployed, reference: Reference): Promise<Need[]> {
  const actions = actionsOfDeployment().filter((action) => !action.startsWith('ssm:'));
  return [
    ...actions.flatMap((action) => onThings(action, deployed, reference, {})),
    ...onParameters(deployed, await parameterCalls(deployed)),
    ...keys(deployed),
    // What is let go of may be under a key that the template does not name.
    ...keyNeeds(deployed.place, 'codecommit', deployed.arn('kms', 'key/of-a-repository-that-left')),
    ...runtime('deployment', deployed),
  ];
}

const BY_PATH = 'ssm:GetParametersByPath';

type Objects = Readonly<Record<string, readonly string[]>>;

/** Which objects of the bucket a function reads and writes; the reporter is the only one. */
function objectsOf(name: FunctionName, deployed: Deployed): Objects {
  if (name !== 'reporter') {
    return {};
  }
  const known = ['baseline', 'findings'].flatMap((made) => deployed.kept(made));
  // CodeBuild keeps the files of a report in a folder that has its id.
  const raw = deployed.kept('raw_reports').map((folder) => `${folder}/0a1b2c3d/junit.xml`);
  return {
    's3:GetObject': [...known, ...raw],
    's3:PutObject': [...known, ...deployed.kept('report')],
  };
}

/** What a request says beside its resource. */
const CONTEXT: Readonly<Record<string, (deployed: Deployed) => NonNullable<Need['context']>>> = {
  'codecommit:CreateBranch': () => ({ 'codecommit:References': 'refs/heads/mergegate/pr-7/ab12cd34' }),
  'codecommit:DeleteBranch': () => ({ 'codecommit:References': 'refs/heads/mergegate/pr-7/ab12cd34' }),
  'iam:DetachGroupPolicy': (deployed) => ({ 'iam:PolicyARN': deployed.peoplesPolicy }),
  'iam:DetachRolePolicy': (deployed) => ({ 'iam:PolicyARN': deployed.peoplesPolicy }),
  'iam:DetachUserPolicy': (deployed) => ({ 'iam:PolicyARN': deployed.peoplesPolicy }),
};

function onThings(action: string, deployed: Deployed, reference: Reference, objects: Objects): Need[] {
  const found = reference.action(action);
  if (found === undefined) {
    throw new Error(`the reference knows no action \`${action}\``);
  }
  const [service = ''] = action.split(':');
  const context = Object.fromEntries(
    Object.entries(CONTEXT[action]?.(deployed) ?? {}).filter(([key]) => reference.knowsKey(action, key)),
  );
  const need = (resource: string): Need => ({
    action,
    resource,
    context,
    why: 'a call in its code',
    resourcePolicy: service === 'secretsmanager' ? deployed.secretPolicies : undefined,
  });
  if (objects[action] !== undefined) {
    return objects[action].map((key) => need(deployed.object(key)));
  }
  const types = Object.entries(found.resources);
  if (types.length === 0) {
    return [need('*')];
  }
  const required = types.filter(([, always]) => always);
  const resources = (required.length > 0 ? required : types).flatMap(([type]) =>
    deployed.things(`${service}:${type}`),
  );
  if (resources.length === 0) {
    throw new Error(
      `\`${action}\` is checked on ${types.map(([type]) => type).join(', ')}, of which none is known here`,
    );
  }
  return resources.map(need);
}

function parameters(name: FunctionName, deployed: Deployed): Need[] {
  const calls = parameterUses(name).flatMap(({ action, kind }) =>
    deployed.repositories.map((repository) => ({
      action,
      path: nameOf(kind, { service: deployed.service, repository }),
    })),
  );
  return onParameters(deployed, calls);
}

/** The guide allows a read by path on the path itself and on what lies below it. */
function onParameters(deployed: Deployed, calls: readonly ParameterCall[]): Need[] {
  const asked = calls.flatMap(({ action, path }) =>
    (action === BY_PATH ? [path, `${path}/any`] : [path]).map((each) => `${action} ${each}`),
  );
  return [...new Set(asked)].map((found) => {
    const [action = '', path = ''] = found.split(' ');
    return { action, resource: deployed.arn('ssm', `parameter${path}`), why: 'what it remembers' };
  });
}

/** CreateProject and UpdateProject name the role of builds, StartBuild that of container builds. */
function passed(name: FunctionName, { gated }: Deployed): Need[] {
  const given = {
    environment: gated.map(({ plain }) => plain),
    builder: gated.map(({ container }) => container),
  };
  const arns = name === 'environment' || name === 'builder' ? given[name] : [];
  return arns.map((resource) => ({
    action: 'iam:PassRole',
    resource,
    context: { 'iam:PassedToService': 'codebuild.amazonaws.com' },
    why: 'the builds that it has CodeBuild run',
  }));
}

function keys({ place, repositories, keys: own }: Deployed): Need[] {
  return repositories.flatMap((repository) => keyNeeds(place, 'codecommit', own[repository]));
}

function runtime(name: string, deployed: Deployed): Need[] {
  const stream = `log-group:/aws/lambda/${deployed.service}-${name}:log-stream:2026/1`;
  return ['logs:CreateLogStream', 'logs:PutLogEvents'].map((action) => ({
    action,
    resource: deployed.arn('logs', stream),
    why: 'its log',
  }));
}

/** What AWS's own policy AWSXRayDaemonWriteAccess holds of it. */
export function tracing(): Need[] {
  return ['PutTraceSegments', 'PutTelemetryRecords'].map((name) => ({
    action: `xray:${name}`,
    resource: '*',
    why: 'tracing',
  }));
}

/** Lambda sends what the router could not handle; the two reads come with the CDK's grant of it. */
function deadLetters(deployed: Deployed): Need[] {
  const resource = deployed.arn('sqs', `${deployed.service}-dead-letters`);
  return ['SendMessage', 'GetQueueAttributes', 'GetQueueUrl'].map((name) => ({
    action: `sqs:${name}`,
    resource,
    why: 'dead letters',
  }));
}
