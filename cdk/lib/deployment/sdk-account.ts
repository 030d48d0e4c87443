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

import type { Account, Build } from './aws';
import { chunks, collected, unless } from './outcomes';

/** BatchGetBuilds takes no more ids at once. */
const BUILDS_PER_READ = 100;

/** DeleteParameters takes no more names at once. */
const NAMES_PER_DELETE = 10;

/** The account a deployment is in. */
export class SdkAccount implements Account {
  private readonly codeBuild = new CodeBuildClient();
  private readonly eventBridge = new EventBridgeClient();
  private readonly stepFunctions = new SFNClient();
  private readonly parameterStore = new SSMClient();
  private readonly storage = new S3Client();
  private readonly identities = new IAMClient();

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

  async emptyBucket(bucket: string): Promise<void> {
    for (;;) {
      const page = await unless(
        ['NoSuchBucket'],
        this.storage.send(new ListObjectVersionsCommand({ Bucket: bucket })),
      );
      const found = [...(page?.Versions ?? []), ...(page?.DeleteMarkers ?? [])];
      if (found.length === 0) {
        return;
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
    }
  }

  async detachPolicy(arn: string): Promise<string[]> {
    const kept: string[] = [];
    const pages = paginateListEntitiesForPolicy({ client: this.identities }, { PolicyArn: arn });
    const holders = await unless(
      ['NoSuchEntityException'],
      collected(pages, (page) => [page]),
    );
    for (const { PolicyGroups, PolicyRoles, PolicyUsers } of holders ?? []) {
      for (const { GroupName } of PolicyGroups ?? []) {
        await this.identities.send(new DetachGroupPolicyCommand({ GroupName, PolicyArn: arn }));
      }
      for (const { RoleName } of PolicyRoles ?? []) {
        const detached = await unless(
          ['UnmodifiableEntityException', 'UnmodifiableEntity'],
          this.identities.send(new DetachRolePolicyCommand({ RoleName, PolicyArn: arn })),
        );
        kept.push(...(detached === undefined && RoleName !== undefined ? [RoleName] : []));
      }
      for (const { UserName } of PolicyUsers ?? []) {
        await this.identities.send(new DetachUserPolicyCommand({ UserName, PolicyArn: arn }));
      }
    }
    return kept;
  }
}
