/**
 * What the functions need: every operation that their code calls, on what the reference says it is checked on, of this
 * deployment. Only what a request carries beside its resource, and what is no call of theirs, is written here.
 */
import type { FunctionName } from '../../lib/names';
import type { Deployed } from './deployed';
import { keyNeeds, type Need } from './needs';
import type { Reference } from './reference';
import { actionsOf } from './rust';
import { parameterName, parameterUses } from './rust-names';
import { actionsOfDeployment } from './sdk';

/** What the code of a function, and Lambda under its role, has to be allowed. */
export function functionNeeds(name: FunctionName, deployed: Deployed, reference: Reference): Need[] {
  const actions = actionsOf(name).filter((action) => !action.startsWith('ssm:'));
  return [
    ...actions.flatMap((action) => onThings(action, deployed, reference, OBJECTS[name] ?? {})),
    ...parameters(name, deployed),
    ...passed(name, deployed),
    ...keys(deployed),
    ...runtime(name, deployed),
    ...tracing(),
    ...(name === 'router' ? deadLetters(deployed) : []),
  ];
}

/** The same of the custom resource's function. */
export function deploymentNeeds(deployed: Deployed, reference: Reference): Need[] {
  const actions = actionsOfDeployment().filter((action) => !action.startsWith('ssm:'));
  const why = 'taking everything down';
  const removed = ['pull-requests/7/run', 'repositories/shop/durations'];
  return [
    ...actions.flatMap((action) => onThings(action, deployed, reference, {})),
    ...removed.map((path) => ({ action: 'ssm:DeleteParameters', resource: deployed.parameter(path), why })),
    ...['pull-requests', 'repositories'].map((path) => ({
      action: BY_PATH,
      resource: deployed.parameter(path),
      why,
    })),
    ...keys(deployed),
    ...runtime('deployment', deployed),
  ];
}

const BY_PATH = 'ssm:GetParametersByPath';

/** Which objects of the bucket a function reads and writes; the reporter is the only one. */
const OBJECTS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  reporter: {
    's3:GetObject': [
      'baselines/shop/1.json',
      'findings/shop/1.json',
      'builds/shop/raw/mergegate-pr-7-junit/1/junit.xml',
    ],
    's3:PutObject': ['baselines/shop/1.json', 'findings/shop/1.json', 'reports/shop/pr-7-1.html'],
  },
};

/** What a request says beside its resource. */
const CONTEXT: Readonly<Record<string, (deployed: Deployed) => NonNullable<Need['context']>>> = {
  'codecommit:CreateBranch': () => ({ 'codecommit:References': 'refs/heads/mergegate/pr-7/ab12cd34' }),
  'codecommit:DeleteBranch': () => ({ 'codecommit:References': 'refs/heads/mergegate/pr-7/ab12cd34' }),
  'iam:DetachGroupPolicy': (deployed) => ({ 'iam:PolicyARN': deployed.peoplesPolicy }),
  'iam:DetachRolePolicy': (deployed) => ({ 'iam:PolicyARN': deployed.peoplesPolicy }),
  'iam:DetachUserPolicy': (deployed) => ({ 'iam:PolicyARN': deployed.peoplesPolicy }),
};

function onThings(
  action: string,
  deployed: Deployed,
  reference: Reference,
  objects: Readonly<Record<string, readonly string[]>>,
): Need[] {
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
  const names = parameterUses(name).flatMap(({ action, kind }) =>
    deployed.repositories.flatMap((repository) => {
      const path = parameterName(kind, deployed.service, repository);
      // The guide allows a read by path on the path itself and on what lies below it.
      return (action === BY_PATH ? [path, `${path}/any`] : [path]).map((each) => `${action} ${each}`);
    }),
  );
  return [...new Set(names)].map((found) => {
    const [action = '', path = ''] = found.split(' ');
    return { action, resource: deployed.arn('ssm', `parameter${path}`), why: 'what it remembers' };
  });
}

/** CreateProject and UpdateProject name the role of builds, StartBuild that of container builds. */
function passed(name: FunctionName, { roles }: Deployed): Need[] {
  const given = {
    environment: roles.map(({ plain }) => plain),
    builder: roles.map(({ container }) => container),
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
