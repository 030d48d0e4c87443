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
  /** {@link HOME} if it is not said. */
  readonly Place?: Place;
}

/** Where a stack is deployed. */
export interface Place {
  readonly partition: string;
  readonly account: string;
  readonly region: string;
  readonly urlSuffix: string;
}

/** Where the tests deploy, unless they say otherwise. */
export const HOME: Place = {
  partition: 'aws',
  account: '123456789012',
  region: 'eu-central-1',
  urlSuffix: 'amazonaws.com',
};

function pseudo(name: string, { partition, account, region, urlSuffix }: Place): string | undefined {
  const values: Readonly<Record<string, string>> = {
    'AWS::Partition': partition,
    'AWS::AccountId': account,
    'AWS::Region': region,
    'AWS::URLSuffix': urlSuffix,
  };
  return values[name];
}

/** How the ARN of a resource is made: the property that names it, its service, and what stands before its name. */
const ARN: Readonly<Record<string, readonly [property: string, service: string, prefix: string]>> = {
  'AWS::IAM::Role': ['RoleName', 'iam', 'role/'],
  'AWS::IAM::ManagedPolicy': ['ManagedPolicyName', 'iam', 'policy/'],
  'AWS::Lambda::Function': ['FunctionName', 'lambda', 'function:'],
  'AWS::SQS::Queue': ['QueueName', 'sqs', ''],
  'AWS::SNS::Topic': ['TopicName', 'sns', ''],
  'AWS::Events::Rule': ['Name', 'events', 'rule/'],
  'AWS::StepFunctions::StateMachine': ['StateMachineName', 'states', 'stateMachine:'],
  'AWS::ECR::Repository': ['RepositoryName', 'ecr', 'repository/'],
  'AWS::CloudWatch::Alarm': ['AlarmName', 'cloudwatch', 'alarm:'],
};

/** Resources of one type, resolved. */
export function resourcesOf(template: CloudFormation, type: string): Resource[] {
  return Object.values(template.Resources)
    .filter((resource) => resource.Type === type)
    .map((resource) => resolved(template, resource) as Resource);
}

/** The policies for people. */
export function peoplesPolicies(template: CloudFormation): Resource[] {
  return resourcesOf(template, 'AWS::IAM::ManagedPolicy').filter(({ Properties }) =>
    String(Properties.ManagedPolicyName).includes('-protect-branches-'),
  );
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
    return pseudo(argument as string, placeOf(template)) ?? referenced(template, argument as string);
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

/** Where a template is deployed. */
export function placeOf(template: CloudFormation): Place {
  return template.Place ?? HOME;
}

function arn(template: CloudFormation, id: string): string {
  const { Type, Properties } = resource(template, id);
  const { partition, account, region } = placeOf(template);
  if (Type === 'AWS::S3::Bucket') {
    return `arn:${partition}:s3:::${referenced(template, id)}`;
  }
  if (Type === 'AWS::Logs::LogGroup') {
    return `arn:${partition}:logs:${region}:${account}:log-group:${String(Properties.LogGroupName)}:*`;
  }
  const form = ARN[Type];
  if (form === undefined) {
    throw new Error(`no ARN is known of ${Type}`);
  }
  const [property, service, prefix] = form;
  const where = service === 'iam' ? `:${account}` : `${region}:${account}`;
  return `arn:${partition}:${service}:${where}:${prefix}${String(Properties[property])}`;
}

/** What `Ref` gives: the name where there is one, the logical id where AWS would make one up. */
function referenced(template: CloudFormation, id: string): string {
  const { Type, Properties } = resource(template, id);
  if (Type === 'AWS::SecretsManager::Secret') {
    return secretArn(template, id);
  }
  if (['AWS::IAM::ManagedPolicy', 'AWS::SNS::Topic', 'AWS::StepFunctions::StateMachine'].includes(Type)) {
    return arn(template, id);
  }
  const named = ['RoleName', 'FunctionName', 'QueueName', 'LogGroupName', 'RepositoryName', 'Name'];
  const property = named.find((name) => typeof Properties[name] === 'string');
  return property === undefined ? id.toLowerCase() : String(Properties[property]);
}

/** Secrets Manager makes a name of one that has none, and puts six characters behind every name. */
export function secretArn(template: CloudFormation, id: string): string {
  const { partition, account, region } = placeOf(template);
  const { Name } = resource(template, id).Properties;
  const name = typeof Name === 'string' ? Name : id;
  return `arn:${partition}:secretsmanager:${region}:${account}:secret:${name}-a1b2c3`;
}
