/** Where the functions' code comes from: compiled by cargo-lambda at synthesis, or a directory with compiled functions. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { Stack } from 'aws-cdk-lib';
import { Architecture, Code, Function, Runtime, type FunctionProps } from 'aws-cdk-lib/aws-lambda';
import { RustFunction } from 'cargo-lambda-cdk';
import type { Construct } from 'constructs';

import type { FunctionName } from './names';

/** The workspace that the functions are members of. */
const MANIFEST = resolve(__dirname, '../../Cargo.toml');

/** The profile of what is deployed, in that manifest. */
const PROFILE = 'deployed';

/** What both ways have in common. */
export type CommonProps = Omit<FunctionProps, 'code' | 'handler' | 'runtime' | 'architecture'>;

/** Makes the functions of one deployment. */
export class FunctionFactory {
  constructor(
    private readonly architecture: Architecture,
    private readonly directory?: string,
  ) {}

  /** One function, from its binary of the same name. */
  make(scope: Construct, id: string, name: FunctionName, props: CommonProps): Function {
    if (this.directory !== undefined) {
      return new Function(scope, id, {
        ...props,
        code: Code.fromAsset(compiled(this.directory, name)),
        handler: 'bootstrap',
        runtime: Runtime.PROVIDED_AL2023,
        architecture: this.architecture,
      });
    }
    if (Stack.of(scope).bundlingRequired) {
      requireCargoLambda();
    }
    return new RustFunction(scope, id, {
      ...props,
      manifestPath: MANIFEST,
      binaryName: name,
      bundling: { architecture: this.architecture, profile: PROFILE },
    });
  }
}

/** What cargo-lambda leaves behind: `<name>/bootstrap` or `<name>/bootstrap.zip`; a `<name>.zip` does as well. */
function compiled(directory: string, name: FunctionName): string {
  const zips = [join(directory, `${name}.zip`), join(directory, name, 'bootstrap.zip')];
  const zip = zips.find((path) => existsSync(path));
  if (zip !== undefined) {
    return zip;
  }
  if (existsSync(join(directory, name, 'bootstrap'))) {
    return join(directory, name);
  }
  throw new Error(
    `the directory \`${directory}\` holds no compiled \`${name}\`: expected \`${name}/bootstrap\`, \`${name}/bootstrap.zip\` or \`${name}.zip\`; ` +
      `make them with \`cargo lambda build --profile ${PROFILE} --arm64\`, which writes to target/lambda`,
  );
}

function requireCargoLambda(): void {
  const found = spawnSync('cargo', ['lambda', '--version'], { stdio: 'ignore' });
  if (found.status !== 0) {
    throw new Error(
      '`cargo lambda` is not installed, so the functions cannot be compiled: install it with `pip3 install cargo-lambda` ' +
        '(it brings the cross-compiler along), or name a directory with compiled functions, `-c lambdaDirectory=target/lambda`',
    );
  }
}
