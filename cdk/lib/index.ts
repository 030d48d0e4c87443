/** Mergegate for AWS CDK apps of one's own. */
export { MergeGate, type MergeGateProps } from './merge-gate';
export type { BuildRoles } from './build-role';
export type { BuildEnvironment } from './settings';
export type { FunctionName } from './names';
