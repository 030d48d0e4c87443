/**
 * Leaving nothing behind: triggers off, runs stopped, builds stopped and waited for, then everything that the gate made
 * for pull requests. Each step finds what is gone already, so that a second try goes on where the first one ended.
 */
import type { Build } from './aws';
import type { DeploymentProperties, RepositoryProperties } from './properties';
import type { Work } from './watch';

/** Between two looks at what is ending. */
const PAUSE_MILLISECONDS = 5_000;

/** How many looks in a row must find nothing: a step of a run that was stopped may still be at work. */
const LOOKS_WITHOUT_FINDING = 2;
const LOOKS_AFTER_RUNS = 6;

/** Tears everything down that runs made. */
export async function removeEverything(aws: Work, properties: DeploymentProperties): Promise<void> {
  const { account } = aws;
  aws.doing('triggers are being disabled');
  for (const rule of properties.rules) {
    await account.disableRule(rule);
  }
  let looks = LOOKS_WITHOUT_FINDING;
  for (let clean = 0; clean < looks;) {
    const runs = await stopRuns(aws, properties.stateMachineArn);
    const found = await removeEnvironments(aws, properties);
    looks = runs > 0 ? LOOKS_AFTER_RUNS : looks;
    clean = runs + found === 0 ? clean + 1 : 0;
    if (clean < looks) {
      await pause(aws, 'environments of pull requests are being removed');
    }
  }
  aws.doing('what the gate remembers of repositories is being removed');
  await forget(aws, `/mergegate/${properties.service}/repositories`);
  aws.doing('the bucket is being emptied');
  while ((await account.removeObjects(properties.bucket)) > 0) {
    aws.inTime();
  }
}

/** Deletes what the gate remembers of repositories; CloudFormation itself deletes their settings. */
async function forget({ account }: Work, folder: string): Promise<void> {
  const remembered = await account.parameters(folder);
  await account.deleteParameters(
    remembered.filter((name) => /\/(durations|(rules|moves)-[0-9a-f]+)$/.test(name)),
  );
}

/** Tears down what runs made for pull requests of repositories that are not gated any more; all others go on. */
export async function removeRepositories(
  aws: Work,
  properties: DeploymentProperties,
  repositories: readonly RepositoryProperties[],
): Promise<void> {
  if (repositories.length === 0) {
    return;
  }
  aws.doing('pull requests of repositories that are not gated any more are looked for');
  const own = await pullRequestsOf(aws, properties, repositories);
  await stopRuns(aws, properties.stateMachineArn, own);
  while ((await removeEnvironments(aws, { ...properties, repositories }, own)) > 0) {
    await pause(aws, 'environments of pull requests are being removed');
  }
  for (const { name } of repositories) {
    await forget(aws, `/mergegate/${properties.service}/repositories/${name}`);
  }
}

/** The pull requests of repositories: those that are open, and those whose environment says where they belong. */
async function pullRequestsOf(
  { account, host }: Work,
  { service }: DeploymentProperties,
  repositories: readonly RepositoryProperties[],
): Promise<Set<string>> {
  const ids = new Set<string>();
  const names = new Set(repositories.map(({ name }) => name));
  for (const name of names) {
    for (const { id } of await host.openPullRequests(name)) {
      ids.add(id);
    }
  }
  const records = await account.parameters(`/mergegate/${service}/pull-requests`);
  for (const record of records.filter((name) => name.endsWith('/environment'))) {
    const repository = /"repository":"([^"]+)"/.exec((await account.parameter(record)) ?? '')?.[1];
    if (repository !== undefined && names.has(repository)) {
      pullRequestOf(record, `${service}-pr-`).forEach((id) => ids.add(id));
    }
  }
  return ids;
}

/** Stops what runs, of these pull requests if there are any named, and waits for it; answers how many runs that were. */
async function stopRuns(aws: Work, stateMachineArn: string, only?: ReadonlySet<string>): Promise<number> {
  const stopped = new Set<string>();
  for (;;) {
    const all = await aws.account.runningExecutions(stateMachineArn);
    const running = all.filter((arn) => only?.has(/:pr-(\d+)-[^:]*$/.exec(arn)?.[1] ?? '') ?? true);
    if (running.length === 0) {
      return stopped.size;
    }
    aws.say(`stopping ${running.length} runs`);
    for (const execution of running) {
      await aws.account.stopExecution(execution);
      stopped.add(execution);
    }
    await pause(aws, `${running.length} runs are ending`);
  }
}

/** Removes what can be found now, of these pull requests if there are any named; answers how much that was. */
async function removeEnvironments(
  aws: Work,
  properties: DeploymentProperties,
  only?: ReadonlySet<string>,
): Promise<number> {
  const { account } = aws;
  aws.doing('environments of pull requests are being removed');
  const prefix = `${properties.service}-pr-`;
  const wanted = (names: readonly string[]): string[] =>
    names.filter((name) => only === undefined || pullRequestOf(name, prefix).some((id) => only.has(id)));
  const projects = wanted(await account.projects(prefix));
  const groups = wanted(await account.reportGroups(prefix));
  const parameters = wanted(await account.parameters(`/mergegate/${properties.service}/pull-requests`));
  await stopBuilds(aws, projects);
  aws.doing('environments of pull requests are being removed');
  for (const group of groups) {
    await account.deleteReportGroup(group);
  }
  const found = [...projects, ...groups, ...parameters].flatMap((name) => pullRequestOf(name, prefix));
  const ids = new Set([...found, ...(only ?? [])]);
  const branches = await removeBranches(aws, properties, ids);
  for (const project of projects) {
    aws.say(`removing ${project}`);
    await account.deleteProject(project);
  }
  await account.deleteParameters(parameters);
  return projects.length + groups.length + parameters.length + branches;
}

/** Two services may gate one repository: only branches of pull requests that this one knows are its own. */
async function removeBranches(
  { host }: Work,
  { repositories }: DeploymentProperties,
  ids: ReadonlySet<string>,
): Promise<number> {
  let removed = 0;
  for (const { name } of repositories) {
    for (const branch of await host.branches(name, 'mergegate/pr-')) {
      const id = /^mergegate\/pr-(\d+)\//.exec(branch)?.[1];
      if (id !== undefined && ids.has(id)) {
        await host.deleteBranch(name, branch);
        removed += 1;
      }
    }
  }
  return removed;
}

async function stopBuilds(aws: Work, projects: readonly string[]): Promise<void> {
  for (;;) {
    const builds: Build[] = [];
    for (const project of projects) {
      builds.push(...(await aws.account.builds(project)));
    }
    const running = builds.filter((build) => !build.complete);
    if (running.length === 0) {
      return;
    }
    for (const build of running) {
      await aws.account.stopBuild(build.id);
    }
    await pause(aws, `${running.length} builds are ending`);
  }
}

/** The pull request behind `<service>-pr-<id>…` or `…/pull-requests/<id>/…`. */
function pullRequestOf(name: string, prefix: string): string[] {
  const place = name.lastIndexOf(prefix);
  const rest = place >= 0 ? name.slice(place + prefix.length) : name.split('/pull-requests/')[1];
  const id = /^\d+/.exec(rest ?? '')?.[0];
  return id === undefined ? [] : [id];
}

async function pause(aws: Work, meanwhile: string): Promise<void> {
  aws.doing(meanwhile);
  aws.inTime();
  await aws.clock.sleep(PAUSE_MILLISECONDS);
}
