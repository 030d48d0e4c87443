/** A deployment as its template describes it: what there is in the account, by the types of the reference. */
import { statementsOf, type Statement } from './iam';
import { projectName } from './rust-names';
import { placeOf, resourcesOf, secretArn, type CloudFormation, type Place } from './template';

/** The roles of a repository's builds. */
export interface Roles {
  readonly repository: string;
  readonly plain: string;
  readonly container: string;
}

/** What a template makes, and what its functions will make. */
export class Deployed {
  readonly place: Place;
  readonly roles: readonly Roles[];
  readonly logGroup: string;
  readonly bucket: string;
  readonly peoplesPolicy: string;

  constructor(
    readonly template: CloudFormation,
    readonly service: string,
    readonly repositories: readonly string[],
    /** ARNs of customer-managed keys, by repository. */
    readonly keys: Readonly<Record<string, string>>,
  ) {
    this.place = placeOf(template);
    const settings = new Map(
      resourcesOf(template, 'AWS::SSM::Parameter').map(({ Properties }) => [
        String(Properties.Name).split('/').at(-2) ?? '',
        JSON.parse(String(Properties.Value)) as Settings,
      ]),
    );
    this.roles = repositories.map((repository) => {
      const own = settings.get(repository);
      if (own === undefined) {
        throw new Error(`${repository} has no settings`);
      }
      return { repository, plain: own.buildRole, container: own.containers.buildRole };
    });
    this.logGroup = settings.get(repositories[0] ?? '')?.logGroup ?? '';
    this.bucket = this.named('AWS::S3::Bucket');
    this.peoplesPolicy = this.arn('iam', `policy/${service}-protect-branches-${this.place.region}`);
  }

  /** ARNs of everything of one type, as `service:type`; of pull requests there is one in each repository. */
  things(type: string): string[] {
    const { service } = this;
    const projects = [...new Set(this.repositories.map((repository) => projectName(service, repository)))];
    const found: Readonly<Record<string, readonly string[]>> = {
      'codecommit:repository': this.repositories.map((repository) => this.arn('codecommit', repository)),
      'codebuild:project': projects.map((name) => this.arn('codebuild', `project/${name}`)),
      'codebuild:report-group': projects.map((name) => this.arn('codebuild', `report-group/${name}-junit`)),
      'states:statemachine': [this.arn('states', `stateMachine:${service}`)],
      'states:execution': [this.arn('states', `execution:${service}:pr-7-close-1`)],
      'events:rule-on-default-event-bus': this.rules,
      'iam:policy': [this.peoplesPolicy],
      'iam:group': [this.arn('iam', 'group/developers')],
      'iam:role': [this.arn('iam', 'role/Developer')],
      'iam:user': [this.arn('iam', 'user/ann')],
      'logs:log-stream': projects.map((name) =>
        this.arn('logs', `log-group:${this.logGroup}:log-stream:${name}/0a1b2c3d`),
      ),
      's3:bucket': [`arn:${this.place.partition}:s3:::${this.bucket}`],
      's3:object': [this.object('builds/7/app.zip')],
      'secretsmanager:secret': this.secrets,
    };
    return [...(found[type.toLowerCase()] ?? [])];
  }

  object(key: string): string {
    return `arn:${this.place.partition}:s3:::${this.bucket}/${key}`;
  }

  parameter(path: string): string {
    return this.arn('ssm', `parameter/mergegate/${this.service}/${path}`);
  }

  arn(service: string, resource: string): string {
    const { partition, region, account } = this.place;
    return `arn:${partition}:${service}:${service === 'iam' ? '' : region}:${account}:${resource}`;
  }

  /** The rules that call the router. */
  private get rules(): string[] {
    return resourcesOf(this.template, 'AWS::Events::Rule')
      .map(({ Properties }) => String(Properties.Name))
      .filter((name) => !/-(verdict|breakGlass)(-\d+)?$/.test(name))
      .map((name) => this.arn('events', `rule/${name}`));
  }

  /** What hangs on the secrets, of which one deployment has one. */
  get secretPolicies(): Statement[] {
    return resourcesOf(this.template, 'AWS::SecretsManager::ResourcePolicy').flatMap(({ Properties }) =>
      statementsOf(Properties.ResourcePolicy as Parameters<typeof statementsOf>[0]),
    );
  }

  private get secrets(): string[] {
    const all = Object.entries(this.template.Resources);
    return all
      .filter(([, { Type }]) => Type === 'AWS::SecretsManager::Secret')
      .map(([id]) => secretArn(this.template, id));
  }

  private named(type: string): string {
    const ids = Object.entries(this.template.Resources).filter(([, resource]) => resource.Type === type);
    return ids[0]?.[0].toLowerCase() ?? '';
  }
}

interface Settings {
  readonly buildRole: string;
  readonly logGroup: string;
  readonly containers: { readonly buildRole: string };
}
