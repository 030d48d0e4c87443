/** What a role has to be allowed, and what is wrong with the policies that it has. */
import { decide, type Policies, type Request } from './evaluate';
import { statementsOf, type Statement } from './iam';
import type { Place } from './template';

/** Something that a role has to be allowed. */
export interface Need extends Request {
  /** What for. */
  readonly why: string;
  /** What the thing itself says about who may use it. */
  readonly resourcePolicy?: readonly Statement[];
}

/** The needs that a role's policies do not meet, in sentences; what is asked for in more than one way is said once. */
export function unmet(role: string, policies: Policies, needs: readonly Need[]): string[] {
  const found = needs.flatMap((need) => {
    const what = `${need.action} on ${need.resource}, which it needs for ${need.why}`;
    const decision = decide({ ...policies, resource: need.resourcePolicy }, need);
    if (decision.allowed) {
      return [];
    }
    if (decision.deniedBy !== undefined) {
      return [`${role} is denied by \`${decision.deniedBy.sid ?? 'a statement without name'}\` ${what}`];
    }
    return [`${role} is not allowed ${what}${decision.beyondBoundary ? ': its boundary' : ''}`];
  });
  return [...new Set(found)];
}

/** What CodeCommit does with the key of a repository as whoever reads or writes there (user guide, encryption). */
const KEY_USES = [
  'kms:Encrypt',
  'kms:Decrypt',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
  'kms:GenerateDataKey',
  'kms:GenerateDataKeyWithoutPlaintext',
  'kms:DescribeKey',
];

/** A key of AWS lets everybody of the account use it by way of its service; one of a customer leaves that to IAM. */
export function keyNeeds(place: Place, service: string, customerKey?: string): Need[] {
  const { partition, region, account, urlSuffix } = place;
  const via = { 'kms:ViaService': `${service}.${region}.${urlSuffix}`, 'kms:CallerAccount': account };
  const ofAws = statementsOf({
    Statement: [{ Effect: 'Allow', Action: KEY_USES, Resource: '*', Condition: { StringEquals: via } }],
  });
  return KEY_USES.map((action) => ({
    action,
    resource: customerKey ?? `arn:${partition}:kms:${region}:${account}:key/of-aws-${service}`,
    context: via,
    why: `what ${service} keeps under ${customerKey === undefined ? "AWS's own key" : 'a key of the customer'}`,
    resourcePolicy: customerKey === undefined ? ofAws : [],
  }));
}
