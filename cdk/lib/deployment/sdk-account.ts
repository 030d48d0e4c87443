/** CodeBuild, Step Functions, EventBridge, Parameter Store, S3 and IAM over the AWS SDK. */
import {
  BatchGetBuildsCommand,
  CodeBuildClient,
  DeleteProjectCommand,
  DeleteReportGroupCommand,
  StopBuildCommand,
  paginateListBuildsForProject,
  paginateListProjects,
  paginateListReportGroups,
} from '@aws-sdk/client-codebuild';
import { DisableRuleCommand, EventBridgeClient } from '@aws-sdk/client-eventbridge';
import {
  DetachGroupPolicyCommand,
  DetachRolePolicyCommand,
  DetachUserPolicyCommand,
  IAMClient,
  paginateListEntitiesForPolicy,
} from '@aws-sdk/client-iam';
import { DeleteObjectsCommand, ListObjectVersionsCommand, S3Client } from '@aws-sdk/client-s3';
import { SFNClient, StopExecutionCommand, paginateListExecutions } from '@aws-sdk/client-sfn';
import {
  DeleteParametersCommand,
  GetParameterCommand,
  PutParameterCommand,
  SSMClient,
  paginateGetParametersByPath,
} from '@aws-sdk/client-ssm';

import type { Account, Build, Clock } from './aws';
import { chunks, collected, unless } from './outcomes';
import { inTime } from './watch';

/** BatchGetBuilds takes no more ids at once. */
const BUILDS_PER_READ = 100;

/** DeleteParameters takes no more names at once. */
const NAMES_PER_DELETE = 10;

const NO_SUCH_ENTITY = ['NoSuchEntityException', 'NoSuchEntity'];

/** The account a deployment is in. */
export class SdkAccount implements Account {
  private readonly codeBuild: CodeBuildClient;
  private readonly eventBridge: EventBridgeClient;
  private readonly stepFunctions: SFNClient;
  private readonly parameterStore: SSMClient;
  private readonly storage: S3Client;
  private readonly identities: IAMClient;

  constructor(clock: Clock) {
    this.codeBuild = inTime(new CodeBuildClient(), clock);
    this.eventBridge = inTime(new EventBridgeClient(), clock);
    this.stepFunctions = inTime(new SFNClient(), clock);
    this.parameterStore = inTime(new SSMClient(), clock);
    this.storage = inTime(new S3Client(), clock);
    this.identities = inTime(new IAMClient(), clock);
  }

  async disableRule(name: string): Promise<void> {
    await unless(
      ['ResourceNotFoundException'],
      this.eventBridge.send(new DisableRuleCommand({ Name: name })),
    );
  }

  async runningExecutions(stateMachineArn: string): Promise<string[]> {
    const pages = paginateListExecutions(
      { client: this.stepFunctions },
      { stateMachineArn, statusFilter: 'RUNNING' },
    );
    const found = await unless(
      ['StateMachineDoesNotExist', 'StateMachineDeleting'],
      collected(pages, (page) => page.executions),
    );
    return (found ?? []).flatMap(({ executionArn }) => executionArn ?? []);
  }

  async stopExecution(arn: string): Promise<void> {
    const command = new StopExecutionCommand({
      executionArn: arn,
      error: 'Uninstalled',
      cause: 'the gate is being removed',
    });
    await unless(['ExecutionDoesNotExist'], this.stepFunctions.send(command));
  }

  async projects(prefix: string): Promise<string[]> {
    const pages = paginateListProjects({ client: this.codeBuild }, {});
    const names = await collected(pages, (page) => page.projects);
    return names.filter((name) => name.startsWith(prefix));
  }

  async builds(project: string): Promise<Build[]> {
    const pages = paginateListBuildsForProject({ client: this.codeBuild }, { projectName: project });
    const ids = await unless(
      ['ResourceNotFoundException'],
      collected(pages, (page) => page.ids),
    );
    const builds: Build[] = [];
    for (const some of chunks(ids ?? [], BUILDS_PER_READ)) {
      const answer = await this.codeBuild.send(new BatchGetBuildsCommand({ ids: some }));
      for (const { id, buildComplete } of answer.builds ?? []) {
        builds.push({ id: id ?? '', complete: buildComplete ?? false });
      }
    }
    return builds;
  }

  async stopBuild(id: string): Promise<void> {
    // A build that ended meanwhile may be refused; whether it has ended is looked at again.
    await unless(
      ['ResourceNotFoundException', 'InvalidInputException'],
      this.codeBuild.send(new StopBuildCommand({ id })),
    );
  }

  async deleteProject(name: string): Promise<void> {
    await this.codeBuild.send(new DeleteProjectCommand({ name }));
  }

  async reportGroups(prefix: string): Promise<string[]> {
    const pages = paginateListReportGroups({ client: this.codeBuild }, {});
    const arns = await collected(pages, (page) => page.reportGroups);
    return arns.filter((arn) => arn.split(':report-group/')[1]?.startsWith(prefix));
  }

  async deleteReportGroup(arn: string): Promise<void> {
    await unless(
      ['ResourceNotFoundException'],
      this.codeBuild.send(new DeleteReportGroupCommand({ arn, deleteReports: true })),
    );
  }

  async parameters(path: string): Promise<string[]> {
    const pages = paginateGetParametersByPath(
      { client: this.parameterStore },
      { Path: path, Recursive: true },
    );
    const found = await collected(pages, (page) => page.Parameters);
    return found.flatMap(({ Name }) => Name ?? []);
  }

  async parameter(name: string): Promise<string | undefined> {
    const answer = await unless(
      ['ParameterNotFound'],
      this.parameterStore.send(new GetParameterCommand({ Name: name })),
    );
    return answer?.Parameter?.Value;
  }

  async putParameter(name: string, value: string): Promise<void> {
    await this.parameterStore.send(
      new PutParameterCommand({ Name: name, Value: value, Type: 'String', Overwrite: true }),
    );
  }

  async deleteParameters(names: readonly string[]): Promise<void> {
    for (const some of chunks(names, NAMES_PER_DELETE)) {
      await this.parameterStore.send(new DeleteParametersCommand({ Names: some }));
    }
  }

  async removeObjects(bucket: string): Promise<number> {
    const page = await unless(
      ['NoSuchBucket'],
      this.storage.send(new ListObjectVersionsCommand({ Bucket: bucket })),
    );
    const found = [...(page?.Versions ?? []), ...(page?.DeleteMarkers ?? [])];
    if (found.length === 0) {
      return 0;
    }
    const objects = found.map(({ Key, VersionId }) => ({ Key, VersionId }));
    const answer = await this.storage.send(
      new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: objects, Quiet: true } }),
    );
    const refused = answer.Errors?.[0];
    if (refused !== undefined) {
      throw new Error(
        `S3 did not delete \`${refused.Key ?? ''}\` in \`${bucket}\`: ${refused.Message ?? ''}`,
      );
    }
    return objects.length;
  }

  async holders(arn: string): Promise<string[]> {
    return this.entities(arn, 'PermissionsPolicy');
  }

  async boundedBy(arn: string): Promise<string[]> {
    return this.entities(arn, 'PermissionsBoundary');
  }

  async detachPolicy(arn: string): Promise<string[]> {
    const kept: string[] = [];
    for (const holder of await this.holders(arn)) {
      const [kind = '', name = ''] = holder.split('/');
      const detached = await unless(
        ['UnmodifiableEntityException', 'UnmodifiableEntity'],
        this.detach(kind, name, arn).then(() => true),
      );
      kept.push(...(detached === undefined ? [name] : []));
    }
    return kept;
  }

  /** Who has a policy in one of its two uses: whoever is bounded by one has nothing that could be detached. */
  private async entities(arn: string, usage: 'PermissionsPolicy' | 'PermissionsBoundary'): Promise<string[]> {
    const pages = paginateListEntitiesForPolicy(
      { client: this.identities },
      { PolicyArn: arn, PolicyUsageFilter: usage },
    );
    const found = await unless(
      NO_SUCH_ENTITY,
      collected(pages, (page) => [page]),
    );
    return (found ?? []).flatMap(({ PolicyGroups, PolicyRoles, PolicyUsers }) => [
      ...(PolicyGroups ?? []).map(({ GroupName }) => `group/${GroupName ?? ''}`),
      ...(PolicyRoles ?? []).map(({ RoleName }) => `role/${RoleName ?? ''}`),
      ...(PolicyUsers ?? []).map(({ UserName }) => `user/${UserName ?? ''}`),
    ]);
  }

  /** Nothing happens when somebody else has done it, or the entity is gone. */
  private async detach(kind: string, name: string, arn: string): Promise<void> {
    if (kind === 'group') {
      const command = new DetachGroupPolicyCommand({ GroupName: name, PolicyArn: arn });
      await unless(NO_SUCH_ENTITY, this.identities.send(command));
    } else if (kind === 'role') {
      const command = new DetachRolePolicyCommand({ RoleName: name, PolicyArn: arn });
      await unless(NO_SUCH_ENTITY, this.identities.send(command));
    } else {
      const command = new DetachUserPolicyCommand({ UserName: name, PolicyArn: arn });
      await unless(NO_SUCH_ENTITY, this.identities.send(command));
    }
  }
}
