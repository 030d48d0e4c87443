/** What the custom resource does with parameters: it is carried out, and what it asks for is written down. */
import { deploy } from '../../lib/deployment/deploy';
import type { DeploymentProperties } from '../../lib/deployment/properties';
import type { Deployed } from './deployed';
import { fakeAws, FakeAccount } from './fake-aws';
import { nameOf, parametersOf } from './rust-names';
import { resourcesOf } from './template';

/** A call, by its action and the parameter or the folder that it is about. */
export interface ParameterCall {
  readonly action: string;
  readonly path: string;
}

/** An account that writes down which parameters are asked for. */
class WitnessingAccount extends FakeAccount {
  readonly calls: ParameterCall[] = [];

  override parameters(path: string): Promise<string[]> {
    this.calls.push({ action: 'ssm:GetParametersByPath', path });
    return super.parameters(path);
  }

  override parameter(name: string): Promise<string | undefined> {
    this.calls.push({ action: 'ssm:GetParameter', path: name });
    return super.parameter(name);
  }

  override putParameter(name: string, value: string): Promise<void> {
    this.calls.push({ action: 'ssm:PutParameter', path: name });
    return super.putParameter(name, value);
  }

  override deleteParameters(names: readonly string[]): Promise<void> {
    this.calls.push(...names.map((path) => ({ action: 'ssm:DeleteParameters', path })));
    return super.deleteParameters(names);
  }
}

/** A repository that is not gated any more. */
const LEFT = 'left';

/** Everything that is asked for while a deployment is made, repaired, lets go of a repository, and is taken down. */
export async function parameterCalls(deployed: Deployed): Promise<ParameterCall[]> {
  const { service, repositories } = deployed;
  const aws = { ...fakeAws(), account: new WitnessingAccount() };
  for (const repository of [...repositories, LEFT]) {
    aws.host.addRepository(repository, 'main');
    for (const made of parametersOf('repository')) {
      aws.account.parameters_.set(nameOf(made, { service, repository }), 'what somebody wrote');
    }
  }
  const remember = (id: string, repository: string): void => {
    for (const made of parametersOf('pull request')) {
      aws.account.parameters_.set(nameOf(made, { service, id }), JSON.stringify({ repository }));
    }
  };
  remember('7', repositories[0] ?? '');
  remember('8', LEFT);
  const [resource] = resourcesOf(deployed.template, 'Custom::MergegateDeployment');
  const properties = resource?.Properties as unknown as DeploymentProperties;
  const left = { name: LEFT, approvalRule: `${service}-${LEFT}` };
  const before = { ...properties, repositories: [...properties.repositories, left] };
  await deploy(aws, { type: 'Create', properties });
  await deploy(aws, { type: 'Update', properties, before });
  await deploy(aws, { type: 'Delete', properties });
  return aws.account.calls;
}
