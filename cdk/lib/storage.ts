/** What outlives a build: its log, what it puts aside, the images of container builds. All of it goes with the stack. */
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Repository, RepositoryEncryption, TagMutability, TagStatus } from 'aws-cdk-lib/aws-ecr';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';

import { acknowledge } from './acknowledge';
import { ARTIFACT_PREFIX, FINDINGS_PREFIX, REPORTS_PREFIX, type Names } from './names';

/** Properties of the storage. */
export interface StorageProps {
  readonly names: Names;
  readonly repositories: readonly string[];
  readonly logRetention: RetentionDays;
  readonly artifactLifetime: Duration;
}

/** Storage of one deployment. */
export class Storage extends Construct {
  /** The deployment's custom resource empties it before it is deleted. */
  readonly artifacts: Bucket;
  readonly images: Repository;

  constructor(scope: Construct, id: string, props: StorageProps) {
    super(scope, id);
    const { names, repositories, logRetention: retention } = props;
    const removalPolicy = RemovalPolicy.DESTROY;
    // Links to the logs of builds outlive the pull request, and the release that they ran under: the first one had one group.
    new LogGroup(this, 'BuildLogs', { logGroupName: names.buildLogGroup, retention, removalPolicy });
    for (const repository of repositories) {
      const logGroupName = names.buildLogGroupOf(repository);
      new LogGroup(this, `BuildLogs-${repository}`, { logGroupName, retention, removalPolicy });
    }
    this.artifacts = new Bucket(this, 'Artifacts', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      removalPolicy: RemovalPolicy.DESTROY,
      lifecycleRules: [
        { abortIncompleteMultipartUploadAfter: Duration.days(1) },
        // What is known of a destination stays: one object for each branch.
        ...[ARTIFACT_PREFIX, FINDINGS_PREFIX, REPORTS_PREFIX].map((prefix) => ({
          prefix,
          expiration: props.artifactLifetime,
        })),
      ],
    });
    acknowledge(this.artifacts, {
      'AwsSolutions-S1': 'Artifacts of builds expire within days; who wrote them is in the log of the build.',
    });
    this.images = new Repository(this, 'Images', {
      repositoryName: props.names.service,
      encryption: RepositoryEncryption.AES_256,
      imageScanOnPush: true,
      imageTagMutability: TagMutability.IMMUTABLE,
      emptyOnDelete: true,
      removalPolicy: RemovalPolicy.DESTROY,
      lifecycleRules: [
        { rulePriority: 1, tagStatus: TagStatus.UNTAGGED, maxImageAge: Duration.days(1) },
        { rulePriority: 2, tagStatus: TagStatus.ANY, maxImageAge: props.artifactLifetime },
      ],
    });
  }
}
