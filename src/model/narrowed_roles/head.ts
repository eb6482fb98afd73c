import { Aspects, CfnResource, Lazy, type IAspect, type Stack } from 'aws-cdk-lib';
import type { CfnPolicy, CfnRole } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';

// Written by agentcore-harden, which reads this file back: `agentcore-harden check --fix` keeps the list up to date.
// What it does not recognize any more it judges by the synthesized template alone.

interface Narrowed {
  /** Path of the construct in the stack. */
  at: string;
  /** Resources, as `service:resource` of their ARNs, that the policies below `at` lose. */
  without?: string[];
  /** The statements that take their place. */
  grant?: object[];
  /** Properties of the resources below `at`, by CloudFormation type. */
  set?: Record<string, Record<string, unknown>>;
}

// prettier-ignore
const NARROWED: Narrowed[] = 