/**
 * The roles builds run under: of each repository one for all of them, and one for those with `[container]` in the title. Whatever
 * a pull request's code does, it does with these credentials: so a role may do the few things a build needs, and a Deny over
 * everything else keeps it so, whoever attaches what to it later (I8).
 */
import { Effect, type IRole, ManagedPolicy, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import type { IRepository } from 'aws-cdk-lib/aws-ecr';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

import { explain } from './acknowledge';
import { permittedToBuilds } from './build-actions';
import { denyOtherUses, KEY_USES, useOfKeys, type RepositoryKeys } from './keys';
import { MANAGED_POLICY_LIMIT, parts, sizeOf } from './limits';
import { ARTIFACT_PREFIX, type Names } from './names';
import type { Network } from './network';

/** Properties of what builds of one kind have in common. */
export interface CommonBuildsProps {
  readonly names: Names;
  readonly buildPolicies: readonly PolicyStatement[];
  /** Where builds run; outside of a VPC if there is none. */
  readonly network?: Network;
  /** Where images may be pushed to; nowhere if there is none. */
  readonly images?: IRepository;
}

/**
 * What does not depend on the repository, with the Deny over everything else: managed policies that all roles of one kind have. In each
 * role it would stand a hundred times, and a template has room for a million bytes.
 */
export class CommonBuilds extends Construct {
  readonly policies: readonly ManagedPolicy[];

  constructor(scope: Construct, id: string, props: CommonBuildsProps) {
    super(scope, id);
    const { names, buildPolicies, network, images } = props;
    const allowed = [
      ...(network?.permissions() ?? []),
      ...(images ? push(images) : []),
      ...buildPolicies.map((statement) => statement.copy()),
    ];
    const actions = buildPolicies.flatMap((statement) => statement.actions);
    // What keeps code under test from everything else comes first.
    const statements = [denyTheRest(allowed), ...denyOtherUses(this, actions), ...allowed];
    const kind = images ? 'container-builds' : 'builds';
    this.policies = parts(statements, POLICY_ROOM, (statement) =>
      sizeOf(this, statement.toStatementJson()),
    ).map(
      (some, place) =>
        new ManagedPolicy(this, place === 0 ? 'Policy' : `Policy${place + 1}`, {
          managedPolicyName: names.role(place === 0 ? kind : `${kind}-${place + 1}`),
          description: `What all ${images ? 'container builds' : 'builds'} of pull requests gated by ${names.service} have in common`,
          statements: some,
        }),
    );
    for (const policy of this.policies) {
      explain(
        policy,
        allowed.flatMap(({ resources }) => resources),
      );
    }
  }
}

/** What stands around the statements of a policy takes the rest. */
const POLICY_ROOM = MANAGED_POLICY_LIMIT - 44;

/** Properties of what the builds of one repository have in common. */
export interface OwnBuildsProps {
  readonly names: Names;
  /** The one whose source they may fetch. */
  readonly repository: string;
  readonly artifacts: IBucket;
  readonly repositoryKeys: RepositoryKeys;
}

/** What is a repository's own: a managed policy that both of its roles have. */
export class OwnBuilds extends Construct {
  readonly policy: ManagedPolicy;

  constructor(scope: Construct, id: string, props: OwnBuildsProps) {
    super(scope, id);
    const { names, repository, repositoryKeys } = props;
    const statements = [...needs(props), ...useOfKeys(this, repositoryKeys, [repository])];
    this.policy = new ManagedPolicy(this, 'Policy', {
      managedPolicyName: names.buildRole('build', repository),
      description: `What builds of pull requests of ${repository} may do, gated by ${names.service}`,
      statements,
    });
    explain(
      this.policy,
      statements.flatMap(({ resources }) => resources),
    );
  }
}

/** Properties of a build role. */
export interface BuildRoleProps {
  readonly names: Names;
  readonly repository: string;
  readonly own: OwnBuilds;
  /** What it has in common with those of other repositories. */
  readonly common: CommonBuilds;
  /** Whether it is that of container builds. */
  readonly container: boolean;
}

/** The roles of one repository's builds. */
export interface BuildRoles {
  /** What its builds run under. */
  readonly plain: IRole;
  /** The same for builds with `[container]` in the title, and it may push images. */
  readonly container: IRole;
}

/** A role, with its Deny. */
export class BuildRole extends Construct {
  readonly role: Role;

  constructor(scope: Construct, id: string, props: BuildRoleProps) {
    super(scope, id);
    const { names, repository, own, common, container } = props;
    this.role = new Role(this, 'Role', {
      roleName: names.buildRole(container ? 'container' : 'build', repository),
      description: `${container ? 'Container builds' : 'Builds'} of pull requests gated by ${names.service}, of ${repository}; runs code that nobody has reviewed`,
      assumedBy: names.deputy('codebuild', names.projectsArn),
      managedPolicies: [...common.policies, own.policy],
    });
  }
}

/** The actions of what every build needs. */
const NEEDED = {
  source: ['codecommit:GitPull'],
  logGroup: ['logs:CreateLogGroup'],
  log: ['logs:CreateLogStream', 'logs:PutLogEvents'],
  reports: [
    'codebuild:CreateReport',
    'codebuild:UpdateReport',
    'codebuild:BatchPutTestCases',
    'codebuild:BatchPutCodeCoverages',
  ],
  objects: ['s3:GetObject', 's3:PutObject'],
};

/**
 * What every build needs: its source, its log, its reports, a place for what it makes. All of it is the repository's own. Where
 * CodeBuild says for which project a call is made (user guide, permissions-conditionkeys-variables), objects are the project's own
 * as well; names of logs and report groups cannot hold an ARN, so within a repository the reporter takes from them only what
 * CodeBuild says is the build's.
 */
function needs({ names, repository, artifacts }: OwnBuildsProps): PolicyStatement[] {
  const logGroup = names.buildLogGroupArn(repository);
  const own = `${ARTIFACT_PREFIX}${repository}/`;
  return [
    new PolicyStatement({
      sid: 'Source',
      actions: NEEDED.source,
      resources: [names.repositoryArn(repository)],
    }),
    new PolicyStatement({
      sid: 'LogGroup',
      actions: NEEDED.logGroup,
      resources: [logGroup, `${logGroup}:*`],
    }),
    new PolicyStatement({
      sid: 'Log',
      actions: NEEDED.log,
      resources: [`${logGroup}:log-stream:${names.service}-pr-*`],
    }),
    new PolicyStatement({
      sid: 'Reports',
      actions: NEEDED.reports,
      resources: [names.reportGroupsOf(repository)],
    }),
    new PolicyStatement({
      sid: 'Artifacts',
      actions: NEEDED.objects,
      resources: [artifacts.arnForObjects(`${own}\${codebuild:projectArn}/*`)],
    }),
    new PolicyStatement({
      sid: 'ArtifactsOfUnsaidProject',
      actions: NEEDED.objects,
      resources: [artifacts.arnForObjects(`${own}*`)],
      conditions: { Null: { 'codebuild:projectArn': 'true' } },
    }),
  ];
}

/** Pushing images, and pulling what was pushed before. */
function push(images: IRepository): PolicyStatement[] {
  return [
    new PolicyStatement({ sid: 'Registry', actions: ['ecr:GetAuthorizationToken'], resources: ['*'] }),
    new PolicyStatement({
      sid: 'Images',
      actions: [
        'ecr:BatchCheckLayerAvailability',
        'ecr:BatchGetImage',
        'ecr:CompleteLayerUpload',
        'ecr:GetDownloadUrlForLayer',
        'ecr:InitiateLayerUpload',
        'ecr:PutImage',
        'ecr:UploadLayerPart',
      ],
      resources: [images.repositoryArn],
    }),
  ];
}

/** Over everything that neither every build needs nor `allowed` names. */
function denyTheRest(allowed: readonly PolicyStatement[]): PolicyStatement {
  // The source of every build is read with a key, by CodeCommit as the role.
  const needed = [...Object.values(NEEDED).flat(), ...KEY_USES];
  return new PolicyStatement({
    sid: 'NothingElse',
    effect: Effect.DENY,
    notActions: [...new Set([...permittedToBuilds(allowed), ...needed])].sort(),
    resources: ['*'],
  });
}
