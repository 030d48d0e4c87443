/** CodeCommit over the AWS SDK. */
import {
  AssociateApprovalRuleTemplateWithRepositoryCommand,
  CodeCommitClient,
  CreateApprovalRuleTemplateCommand,
  CreatePullRequestApprovalRuleCommand,
  DeleteApprovalRuleTemplateCommand,
  DeleteBranchCommand,
  DeletePullRequestApprovalRuleCommand,
  DisassociateApprovalRuleTemplateFromRepositoryCommand,
  GetApprovalRuleTemplateCommand,
  GetPullRequestCommand,
  GetRepositoryCommand,
  UpdateApprovalRuleTemplateContentCommand,
  UpdatePullRequestApprovalRuleContentCommand,
  paginateListBranches,
  paginateListPullRequests,
} from '@aws-sdk/client-codecommit';

import type { ApprovalRule, CodeHost, OpenPullRequest } from './aws';
import { collected, unless } from './outcomes';

const CLOSED = ['PullRequestAlreadyClosedException', 'PullRequestDoesNotExistException'];

/** CodeCommit. */
export class CodeCommit implements CodeHost {
  constructor(private readonly client = new CodeCommitClient()) {}

  async defaultBranch(repository: string): Promise<string | undefined> {
    try {
      const answer = await this.client.send(new GetRepositoryCommand({ repositoryName: repository }));
      return answer.repositoryMetadata?.defaultBranch;
    } catch (error) {
      if (error instanceof Error && error.name === 'RepositoryDoesNotExistException') {
        throw new Error(
          `the repository \`${repository}\` does not exist in this account and Region: create it, or correct \`repositoryName\` in cdk.json`,
          { cause: error },
        );
      }
      throw error;
    }
  }

  async template(name: string): Promise<string | undefined> {
    const answer = await unless(
      ['ApprovalRuleTemplateDoesNotExistException'],
      this.client.send(new GetApprovalRuleTemplateCommand({ approvalRuleTemplateName: name })),
    );
    return answer?.approvalRuleTemplate?.approvalRuleTemplateContent;
  }

  async createTemplate(name: string, description: string, content: string): Promise<void> {
    await this.client.send(
      new CreateApprovalRuleTemplateCommand({
        approvalRuleTemplateName: name,
        approvalRuleTemplateDescription: description,
        approvalRuleTemplateContent: content,
      }),
    );
  }

  async updateTemplate(name: string, content: string): Promise<void> {
    await this.client.send(
      new UpdateApprovalRuleTemplateContentCommand({
        approvalRuleTemplateName: name,
        newRuleContent: content,
      }),
    );
  }

  async deleteTemplate(name: string): Promise<void> {
    await this.client.send(new DeleteApprovalRuleTemplateCommand({ approvalRuleTemplateName: name }));
  }

  async associate(name: string, repository: string): Promise<void> {
    await this.client.send(
      new AssociateApprovalRuleTemplateWithRepositoryCommand({
        approvalRuleTemplateName: name,
        repositoryName: repository,
      }),
    );
  }

  async disassociate(name: string, repository: string): Promise<void> {
    await unless(
      ['ApprovalRuleTemplateDoesNotExistException', 'RepositoryDoesNotExistException'],
      this.client.send(
        new DisassociateApprovalRuleTemplateFromRepositoryCommand({
          approvalRuleTemplateName: name,
          repositoryName: repository,
        }),
      ),
    );
  }

  async openPullRequests(repository: string): Promise<OpenPullRequest[]> {
    const pages = paginateListPullRequests(
      { client: this.client },
      { repositoryName: repository, pullRequestStatus: 'OPEN' },
    );
    const ids = await unless(
      ['RepositoryDoesNotExistException'],
      collected(pages, (page) => page.pullRequestIds),
    );
    const open: OpenPullRequest[] = [];
    for (const id of ids ?? []) {
      const answer = await this.client.send(new GetPullRequestCommand({ pullRequestId: id }));
      const rules = (answer.pullRequest?.approvalRules ?? []).map((rule): ApprovalRule => ({
        name: rule.approvalRuleName ?? '',
        content: rule.approvalRuleContent ?? '',
        fromTemplate: rule.originApprovalRuleTemplate !== undefined,
      }));
      const destination = answer.pullRequest?.pullRequestTargets?.[0]?.destinationReference ?? '';
      open.push({ id, destination, rules });
    }
    return open;
  }

  async createRule(pullRequest: string, name: string, content: string): Promise<void> {
    await unless(
      [...CLOSED, 'ApprovalRuleNameAlreadyExistsException'],
      this.client.send(
        new CreatePullRequestApprovalRuleCommand({
          pullRequestId: pullRequest,
          approvalRuleName: name,
          approvalRuleContent: content,
        }),
      ),
    );
  }

  async updateRule(pullRequest: string, name: string, content: string): Promise<void> {
    await unless(
      CLOSED,
      this.client.send(
        new UpdatePullRequestApprovalRuleContentCommand({
          pullRequestId: pullRequest,
          approvalRuleName: name,
          newRuleContent: content,
        }),
      ),
    );
  }

  async deleteRule(pullRequest: string, name: string): Promise<void> {
    await unless(
      CLOSED,
      this.client.send(
        new DeletePullRequestApprovalRuleCommand({ pullRequestId: pullRequest, approvalRuleName: name }),
      ),
    );
  }

  async branches(repository: string, prefix: string): Promise<string[]> {
    const pages = paginateListBranches({ client: this.client }, { repositoryName: repository });
    const names = await unless(
      ['RepositoryDoesNotExistException'],
      collected(pages, (page) => page.branches),
    );
    return (names ?? []).filter((name) => name.startsWith(prefix));
  }

  async deleteBranch(repository: string, branch: string): Promise<void> {
    await unless(
      ['BranchDoesNotExistException'],
      this.client.send(new DeleteBranchCommand({ repositoryName: repository, branchName: branch })),
    );
  }
}
