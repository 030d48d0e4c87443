/** Stacks and templates for tests: the context of cdk.json, compiled functions from a fixture, no bundling. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { RegionInfo } from 'aws-cdk-lib/region-info';

import { readContext } from '../../lib/context';
import { MergeGate, type MergeGateProps } from '../../lib';
import { MergeGateStack } from '../../lib/stack';
import type { CloudFormation } from './template';

const CDK_JSON = resolve(__dirname, '../../../cdk.json');
export const LAMBDA_DIRECTORY = resolve(__dirname, '../fixtures/lambda');

/** The context that a developer starts from. */
export function contextOfCdkJson(): Record<string, unknown> {
  return (JSON.parse(readFileSync(CDK_JSON, 'utf8')) as { context: Record<string, unknown> }).context;
}

/** An app that bundles nothing. */
export function app(context: Record<string, unknown> = {}): App {
  return new App({
    context: { ...contextOfCdkJson(), 'aws:cdk:bundling-stacks': [], ...context },
    analyticsReporting: false,
  });
}

/** The stack that `cdk deploy` would deploy. */
export function deployedStack(parent = app()): MergeGateStack {
  return deployedWith(parent, {});
}

/** The same with more context. */
export function deployedWith(parent: App, context: Record<string, unknown>): MergeGateStack {
  const settings = readContext({ ...contextOfCdkJson(), lambdaDirectory: LAMBDA_DIRECTORY, ...context });
  return new MergeGateStack(parent, 'Mergegate', settings, { analyticsReporting: false });
}

/** The template of `stack`, as CloudFormation gets it. */
export function templateOf(stack: Stack): CloudFormation {
  return Template.fromStack(stack).toJSON() as CloudFormation;
}

/** The same, with where it is deployed. */
export function placedTemplateOf(stack: Stack): CloudFormation {
  const { partition, account, region } = stack;
  const urlSuffix = RegionInfo.get(region).domainSuffix ?? '';
  return { ...templateOf(stack), Place: { partition, account, region, urlSuffix } };
}

/** Properties of a gate without anything that may be left out. */
export const RIGHT: MergeGateProps = {
  serviceName: 'mergegate',
  repositories: ['shop'],
  lambdaDirectory: LAMBDA_DIRECTORY,
};

/** A stack in an account and a Region. */
export function emptyStack(parent: App, id = 'Test'): Stack {
  const env = { account: '123456789012', region: 'eu-central-1' };
  return new Stack(parent, id, { env, analyticsReporting: false });
}

/** The template of a gate with these properties. */
export function gate(props: Partial<MergeGateProps> = {}, use?: (gate: MergeGate) => void): Template {
  const stack = emptyStack(app());
  const made = new MergeGate(stack, 'Gate', { ...RIGHT, ...props });
  use?.(made);
  return Template.fromStack(stack);
}
