/**
 * Leaving nothing behind: triggers off, runs stopped, builds stopped and waited for, then everything that the gate made
 * for pull requests. Each step finds what is gone already, so that a second try goes on where the first one ended.
 */
import type { Aws, Build } from './aws';
import type { DeploymentProperties } from './properties';

/** Between two looks at what is ending. */
const PAUSE_MILLISECONDS = 5_000;

/** Enough to answer CloudFormation. */
const RESERVE_MILLISECONDS = 30_000;

/** How many looks in a row must find nothing: a step of a run that was stopped may still be at work. */
const LOOKS_WITHOUT_FINDING = 2;
const LOOKS_AFTER_RUNS = 6;

/** Tears everything down that runs made. */
export async function removeEverything(aws: Aws, properties: DeploymentProperties): Promise<void> {
  const { account } = aws;
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
  const remembered = await account.parameters(`/mergegate/${properties.service}/repositories`);
  await account.deleteParameters(remembered.filter((name) => /\/(durations|rules-[0-9a-f]+)$/.test(name)));
  await account.emptyBucket(properties.bucket);
  for (const policyArn of properties.policyArns) {
    await account.detachPolicy(policyArn);
  }
}

/** Stops what runs and waits for it; answers how many runs that were. */
async function stopRuns(aws: Aws, stateMachineArn: string): Promise<number> {
  const stopped = new Set<string>();
  for (;;) {
    const running = await aws.account.runningExecutions(stateMachineArn);
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

/** Removes what can be found now; answers how much that was. */
async function removeEnvironments(aws: Aws, properties: DeploymentProperties): Promise<number> {
  const { account } = aws;
  const prefix = `${properties.service}-pr-`;
  const projects = await account.projects(prefix);
  const groups = await account.reportGroups(prefix);
  const parameters = await account.parameters(`/mergegate/${properties.service}/pull-requests`);
  await stopBuilds(aws, projects);
  for (const group of groups) {
    await account.deleteReportGroup(group);
  }
  const ids = new Set([...projects, ...groups, ...parameters].flatMap((name) => pullRequestOf(name, prefix)));
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
  { host }: Aws,
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

async function stopBuilds(aws: Aws, projects: readonly string[]): Promise<void> {
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

async function pause({ clock }: Aws, meanwhile: string): Promise<void> {
  if (clock.remaining() < RESERVE_MILLISECONDS) {
    throw new Error(`time is up while ${meanwhile}: run \`cdk destroy\` again, it goes on where this ended`);
  }
  await clock.sleep(PAUSE_MILLISECONDS);
}
