/** The app: one stack, from the context of cdk.json. */
import { App } from 'aws-cdk-lib';

import { readContext } from '../lib/context';
import { MergeGateStack } from '../lib/stack';

function main(): void {
  const app = new App();
  const settings = readContext(app.node.getAllContext() as Record<string, unknown>);
  new MergeGateStack(app, 'Mergegate', settings);
  app.synth();
}

try {
  main();
} catch (error) {
  console.error(`error: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
