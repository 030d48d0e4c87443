/** A template as data: intrinsic functions resolved to the words that the deployed stack would have. */

/** A resource of a template. */
export interface Resource {
  readonly Type: string;
  readonly Properties: Record<string, unknown>;
  readonly DependsOn?: readonly string[];
}

/** A CloudFormation template. */
export interface CloudFormation {
  readonly Resources: Record<string, Resource>;
  readonly Outputs?: Record<string, unknown>;
}

const ACCOUNT = '123456789012';
const REGION = 'eu-central-1';

const PSEUDO: Readonly<Record<string, string>> = {
  'AWS::Partition': 'aws',
  'AWS::AccountId': ACCOUNT,
  'AWS::Region': REGION,
  'AWS::URLSuffix': 'amazonaws.com',
};

/** How the ARN of a resource is made from the property that names it. */
const ARN: Readonly<Record<string, readonly [property: string, prefix: string]>> = {
  'AWS::IAM::Role': ['RoleName', `arn:aws:iam::${ACCOUNT}:role/`],
  'AWS::IAM::ManagedPolicy': ['ManagedPolicyName', `arn:aws:iam::${ACCOUNT}:policy/`],
  'AWS::Lambda::Function': ['FunctionName', `arn:aws:lambda:${REGION}:${ACCOUNT}:function:`],
  'AWS::SQS::Queue': ['QueueName', `arn:aws:sqs:${REGION}:${ACCOUNT}:`],
  'AWS::Events::Rule': ['Name', `arn:aws:events:${REGION}:${ACCOUNT}:rule/`],
  'AWS::StepFunctions::StateMachine': [
    'StateMachineName',
    `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:`,
  ],
  'AWS::ECR::Repository': ['RepositoryName', `arn:aws:ecr:${REGION}:${ACCOUNT}:repository/`],
};

/** Resources of one type, resolved. */
export function resourcesOf(template: CloudFormation, type: string): Resource[] {
  return Object.values(template.Resources)
    .filter((resource) => resource.Type === type)
    .map((resource) => resolved(template, resource) as Resource);
}

/** A value with its `Ref`, `Fn::GetAtt`, `Fn::Join`, `Fn::Split` and `Fn::Select` carried out. */
export function resolved(template: CloudFormation, value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map((item: unknown) => resolved(template, item));
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  const entries = Object.entries(value);
  const [name, argument] = entries[0] ?? [];
  if (entries.length === 1 && name === 'Ref') {
    return PSEUDO[argument as string] ?? referenced(template, argument as string);
  }
  if (entries.length === 1 && name === 'Fn::GetAtt') {
    const [id, attribute] = argument as [string, string];
    return attribute === 'Arn' ? arn(template, id) : `${referenced(template, id)}.${attribute}`;
  }
  if (entries.length === 1 && name === 'Fn::Join') {
    const [separator, parts] = argument as [string, unknown[]];
    return parts.map((part) => String(resolved(template, part))).join(separator);
  }
  if (entries.length === 1 && name === 'Fn::Split') {
    const [separator, joined] = argument as [string, unknown];
    return String(resolved(template, joined)).split(separator);
  }
  if (entries.length === 1 && name === 'Fn::Select') {
    const [place, list] = argument as [number, unknown];
    return (resolved(template, list) as unknown[])[place];
  }
  return Object.fromEntries(entries.map(([key, item]) => [key, resolved(template, item)]));
}

function resource(template: CloudFormation, id: string): Resource {
  const found = template.Resources[id];
  if (found === undefined) {
    throw new Error(`the template has no resource \`${id}\``);
  }
  return found;
}

function arn(template: CloudFormation, id: string): string {
  const { Type, Properties } = resource(template, id);
  if (Type === 'AWS::S3::Bucket') {
    return `arn:aws:s3:::${referenced(template, id)}`;
  }
  if (Type === 'AWS::Logs::LogGroup') {
    return `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:${String(Properties.LogGroupName)}:*`;
  }
  const form = ARN[Type];
  if (form === undefined) {
    throw new Error(`no ARN is known of ${Type}`);
  }
  return `${form[1]}${String(Properties[form[0]])}`;
}

/** What `Ref` gives: the name where there is one, the logical id where AWS would make one up. */
function referenced(template: CloudFormation, id: string): string {
  const { Type, Properties } = resource(template, id);
  if (Type === 'AWS::IAM::ManagedPolicy' || Type === 'AWS::StepFunctions::StateMachine') {
    return arn(template, id);
  }
  const named = ['RoleName', 'FunctionName', 'QueueName', 'LogGroupName', 'RepositoryName', 'Name'];
  const property = named.find((name) => typeof Properties[name] === 'string');
  return property === undefined ? id.toLowerCase() : String(Properties[property]);
}
