/** An account in memory: what a deployment finds and changes. It holds state and refuses what CodeCommit refuses. */
import type {
  Account,
  ApprovalRule,
  Aws,
  Build,
  Clock,
  CodeHost,
  OpenPullRequest,
} from '../../lib/deployment/aws';

/** An open pull request that can be changed. */
interface PullRequest {
  destination: string;
  rules: ApprovalRule[];
}

/** A repository. */
interface Repository {
  defaultBranch?: string;
  pullRequests: Map<string, PullRequest>;
  branches: Set<string>;
}

/** CodeCommit. */
export class FakeCodeHost implements CodeHost {
  readonly repositories = new Map<string, Repository>();
  readonly templates = new Map<string, { content: string; repositories: Set<string> }>();

  addRepository(name: string, defaultBranch?: string): Repository {
    const repository = {
      defaultBranch,
      pullRequests: new Map<string, PullRequest>(),
      branches: new Set<string>(),
    };
    this.repositories.set(name, repository);
    return repository;
  }

  /** Opens a pull request; it gets the rules of the templates that stand. */
  open(repository: string, id: string, destination = 'refs/heads/main'): void {
    const templates = [...this.templates].filter(
      ([, template]) => template.repositories.has(repository) && template.content.includes(destination),
    );
    const rules = templates.map(([name, { content }]) => ({ name, content, fromTemplate: true }));
    this.repositories.get(repository)?.pullRequests.set(id, { destination, rules });
  }

  rules(id: string): ApprovalRule[] {
    return this.pullRequest(id).rules;
  }

  defaultBranch(name: string): Promise<string | undefined> {
    const repository = this.repositories.get(name);
    if (repository === undefined) {
      return Promise.reject(new Error(`the repository \`${name}\` does not exist`));
    }
    return Promise.resolve(repository.defaultBranch);
  }

  template(name: string): Promise<string | undefined> {
    return Promise.resolve(this.templates.get(name)?.content);
  }

  createTemplate(name: string, _description: string, content: string): Promise<void> {
    if (this.templates.has(name)) {
      return Promise.reject(new Error('ApprovalRuleTemplateNameAlreadyExistsException'));
    }
    this.templates.set(name, { content, repositories: new Set() });
    return Promise.resolve();
  }

  updateTemplate(name: string, content: string): Promise<void> {
    const template = this.templates.get(name);
    if (template === undefined) {
      return Promise.reject(new Error('ApprovalRuleTemplateDoesNotExistException'));
    }
    template.content = content;
    return Promise.resolve();
  }

  deleteTemplate(name: string): Promise<void> {
    const template = this.templates.get(name);
    if (template !== undefined && template.repositories.size > 0) {
      return Promise.reject(new Error('ApprovalRuleTemplateInUseException'));
    }
    this.templates.delete(name);
    return Promise.resolve();
  }

  associate(name: string, repository: string): Promise<void> {
    this.templates.get(name)?.repositories.add(repository);
    return Promise.resolve();
  }

  disassociate(name: string, repository: string): Promise<void> {
    this.templates.get(name)?.repositories.delete(repository);
    return Promise.resolve();
  }

  openPullRequests(repository: string): Promise<OpenPullRequest[]> {
    const found = this.repositories.get(repository)?.pullRequests ?? new Map<string, PullRequest>();
    return Promise.resolve(
      [...found].map(([id, { destination, rules }]) => ({ id, destination, rules: [...rules] })),
    );
  }

  createRule(id: string, name: string, content: string): Promise<void> {
    this.pullRequest(id).rules.push({ name, content, fromTemplate: false });
    return Promise.resolve();
  }

  updateRule(id: string, name: string, content: string): Promise<void> {
    return this.withoutRule(id, name).then(() => this.createRule(id, name, content));
  }

  deleteRule(id: string, name: string): Promise<void> {
    return this.withoutRule(id, name);
  }

  branches(repository: string, prefix: string): Promise<string[]> {
    const branches = [...(this.repositories.get(repository)?.branches ?? [])];
    return Promise.resolve(branches.filter((branch) => branch.startsWith(prefix)));
  }

  deleteBranch(repository: string, branch: string): Promise<void> {
    this.repositories.get(repository)?.branches.delete(branch);
    return Promise.resolve();
  }

  private withoutRule(id: string, name: string): Promise<void> {
    const pullRequest = this.pullRequest(id);
    if (pullRequest.rules.some((rule) => rule.name === name && rule.fromTemplate)) {
      return Promise.reject(new Error('CannotDeleteApprovalRuleFromTemplateException'));
    }
    pullRequest.rules = pullRequest.rules.filter((rule) => rule.name !== name);
    return Promise.resolve();
  }

  private pullRequest(id: string): PullRequest {
    for (const { pullRequests } of this.repositories.values()) {
      const found = pullRequests.get(id);
      if (found !== undefined) {
        return found;
      }
    }
    throw new Error(`PullRequestDoesNotExistException: ${id}`);
  }
}

/** The rest of the account. Builds take a look to end after they were told to stop. */
export class FakeAccount implements Account {
  readonly enabledRules = new Set<string>();
  readonly executions = new Set<string>();
  readonly builds_ = new Map<string, Map<string, 'running' | 'stopping' | 'ended'>>();
  readonly reportGroups_ = new Set<string>();
  readonly parameters_ = new Map<string, string>();
  readonly objects = new Map<string, string[]>();
  /** Who has which policy. */
  readonly attached = new Map<string, Set<string>>();
  /** Whose permissions a policy bounds. */
  readonly bounded = new Set<string>();
  /** What happens when an execution is told to stop, besides that it stops. */
  whileStopping: () => void = () => undefined;

  disableRule(name: string): Promise<void> {
    this.enabledRules.delete(name);
    return Promise.resolve();
  }

  runningExecutions(): Promise<string[]> {
    return Promise.resolve([...this.executions]);
  }

  stopExecution(arn: string): Promise<void> {
    this.executions.delete(arn);
    this.whileStopping();
    return Promise.resolve();
  }

  projects(prefix: string): Promise<string[]> {
    return Promise.resolve([...this.builds_.keys()].filter((name) => name.startsWith(prefix)));
  }

  builds(project: string): Promise<Build[]> {
    const builds = this.builds_.get(project) ?? new Map<string, 'running' | 'stopping' | 'ended'>();
    const seen = [...builds].map(([id, state]) => ({ id, complete: state === 'ended' }));
    builds.forEach((state, id) => builds.set(id, state === 'stopping' ? 'ended' : state));
    return Promise.resolve(seen);
  }

  stopBuild(id: string): Promise<void> {
    for (const builds of this.builds_.values()) {
      if (builds.get(id) === 'running') {
        builds.set(id, 'stopping');
      }
    }
    return Promise.resolve();
  }

  deleteProject(name: string): Promise<void> {
    const running = [...(this.builds_.get(name)?.values() ?? [])].some((state) => state !== 'ended');
    if (running) {
      return Promise.reject(new Error(`${name} has running builds`));
    }
    this.builds_.delete(name);
    return Promise.resolve();
  }

  reportGroups(prefix: string): Promise<string[]> {
    return Promise.resolve([...this.reportGroups_].filter((arn) => arn.includes(`:report-group/${prefix}`)));
  }

  deleteReportGroup(arn: string): Promise<void> {
    this.reportGroups_.delete(arn);
    return Promise.resolve();
  }

  parameters(path: string): Promise<string[]> {
    return Promise.resolve([...this.parameters_.keys()].filter((name) => name.startsWith(`${path}/`)));
  }

  parameter(name: string): Promise<string | undefined> {
    return Promise.resolve(this.parameters_.get(name));
  }

  putParameter(name: string, value: string): Promise<void> {
    this.parameters_.set(name, value);
    return Promise.resolve();
  }

  deleteParameters(names: readonly string[]): Promise<void> {
    names.forEach((name) => this.parameters_.delete(name));
    return Promise.resolve();
  }

  removeObjects(bucket: string): Promise<number> {
    const found = this.objects.get(bucket)?.length ?? 0;
    this.objects.delete(bucket);
    return Promise.resolve(found);
  }

  holders(arn: string): Promise<string[]> {
    return Promise.resolve([...(this.attached.get(arn) ?? [])].sort());
  }

  boundedBy(): Promise<string[]> {
    return Promise.resolve([...this.bounded]);
  }

  detachPolicy(arn: string): Promise<string[]> {
    const kept = [...(this.attached.get(arn) ?? [])].filter((holder) => holder.includes('AWSReservedSSO_'));
    this.attached.set(arn, new Set(kept));
    return Promise.resolve(kept.map((holder) => holder.split('/')[1] ?? ''));
  }

  attach(arn: string, ...holders: readonly string[]): void {
    this.attached.set(arn, new Set([...(this.attached.get(arn) ?? []), ...holders]));
  }
}

/** Time that passes when somebody sleeps. */
export class FakeClock implements Clock {
  constructor(private left = 900_000) {}

  remaining(): number {
    return this.left;
  }

  sleep(milliseconds: number): Promise<void> {
    this.left -= milliseconds;
    return Promise.resolve();
  }
}

/** An account with what was said in it. */
export interface FakeAws extends Aws {
  readonly host: FakeCodeHost;
  readonly account: FakeAccount;
  readonly said: string[];
}

/** An empty account. */
export function fakeAws(clock: Clock = new FakeClock()): FakeAws {
  const said: string[] = [];
  return {
    host: new FakeCodeHost(),
    account: new FakeAccount(),
    clock,
    said,
    say: (sentence) => {
      said.push(sentence);
    },
  };
}
