/** A deployment as its template describes it: what there is in the account, by the types of the reference. */
import type { BuildPlace } from './build-needs';
import { statementsOf, type Statement } from './iam';
import { nameOf } from './rust-names';
import { placeOf, resourcesOf, secretArn, type CloudFormation, type Place } from './template';

/** What there is of one repository. */
export interface Gated {
  readonly repository: string;
  /** The roles of its builds, by their ARNs. */
  readonly plain: string;
  readonly container: string;
  /** Where its builds log. */
  readonly logGroup: string;
  /** The project of a pull request, by its name and its ARN. */
  readonly project: string;
  readonly projectArn: string;
  /** A report group of this project. */
  readonly reportGroup: string;
}

/** What a template makes, and what its functions will make. */
export class Deployed {
  readonly place: Place;
  readonly gated: readonly Gated[];
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
    const project = nameOf('project', { service });
    this.gated = repositories.map((repository) => {
      const own = settings.get(repository);
      if (own === undefined) {
        throw new Error(`${repository} has no settings`);
      }
      const start = nameOf('report_groups', { project, repository });
      return {
        repository,
        plain: own.buildRole,
        container: own.containers.buildRole,
        logGroup: own.logGroup,
        project,
        projectArn: this.arn('codebuild', `project/${project}`),
        reportGroup: nameOf('report_group', { start }),
      };
    });
    this.bucket = this.named('AWS::S3::Bucket');
    this.peoplesPolicy = this.arn('iam', `policy/${service}-protect-branches-${this.place.region}`);
  }

  /** ARNs of everything of one type, as `service:type`; of pull requests there is one in each repository. */
  things(type: string): string[] {
    const { service } = this;
    const found: Readonly<Record<string, readonly string[]>> = {
      'codecommit:repository': this.repositories.map((repository) => this.arn('codecommit', repository)),
      'codebuild:project': [...new Set(this.gated.map(({ projectArn }) => projectArn))],
      'codebuild:report-group': this.gated.map(({ reportGroup }) =>
        this.arn('codebuild', `report-group/${reportGroup}`),
      ),
      'states:statemachine': [this.arn('states', `stateMachine:${service}`)],
      'states:execution': [this.arn('states', `execution:${service}:pr-7-close-1`)],
      'events:rule-on-default-event-bus': this.rules,
      'iam:policy': [this.peoplesPolicy],
      'iam:group': [this.arn('iam', 'group/developers')],
      'iam:role': [this.arn('iam', 'role/Developer')],
      'iam:user': [this.arn('iam', 'user/ann')],
      'logs:log-stream': this.gated.map(({ logGroup, project }) =>
        this.arn('logs', `log-group:${logGroup}:log-stream:${project}/0a1b2c3d`),
      ),
      's3:bucket': [`arn:${this.place.partition}:s3:::${this.bucket}`],
      's3:object': this.kept('artifacts').map((folder) => this.object(`${folder}/app.zip`)),
      'secretsmanager:secret': this.secrets,
    };
    return [...(found[type.toLowerCase()] ?? [])];
  }

  /** Keys of the bucket that a function of `names::objects` makes, of each repository. */
  kept(made: string): string[] {
    return this.gated.map(({ repository, projectArn, reportGroup }) =>
      nameOf(made, { repository, project: projectArn, group: reportGroup }),
    );
  }

  /** What the builds of a repository are about. */
  buildPlace(repository: string): BuildPlace {
    const at = this.repositories.indexOf(repository);
    const gated = this.gated[at];
    if (gated === undefined) {
      throw new Error(`${repository} is not gated`);
    }
    return {
      ...gated,
      place: this.place,
      key: this.keys[repository],
      bucket: this.bucket,
      rawReports: this.kept('raw_reports')[at] ?? '',
      kept: this.kept('artifacts')[at] ?? '',
    };
  }

  object(key: string): string {
    return `arn:${this.place.partition}:s3:::${this.bucket}/${key}`;
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
