;

interface Statement {
  Principal?: { Service?: unknown };
  Resource?: unknown;
  Condition?: unknown;
}

interface PolicyDocument {
  Statement: Statement[];
}

/** Binds the roles that AgentCore takes to this account, and narrows what their policies allow. */
export class NarrowedRoles implements IAspect {
  static applyTo(stack: Stack): void {
    Aspects.of(stack).add(new NarrowedRoles(stack));
  }

  private constructor(private readonly stack: Stack) {}

  visit(node: IConstruct): void {
    if (!CfnResource.isCfnResource(node)) {
      return;
    }
    const path = node.node.path.slice(this.stack.node.path.length + 1);
    const rules = NARROWED.filter(rule => path.startsWith(`${rule.at}/`));
    if (node.cfnResourceType === 'AWS::IAM::Role') {
      const role = node as CfnRole;
      const { assumeRolePolicyDocument: trust, policies } = role;
      role.assumeRolePolicyDocument = Lazy.any({ produce: () => this.bound(this.stack.resolve(trust)) });
      if (policies) {
        role.policies = Lazy.any({
          produce: () =>
            this.stack.resolve(policies).map((policy: { policyDocument: PolicyDocument }) => ({
              ...policy,
              policyDocument: this.narrowed(policy.policyDocument, rules),
            })),
        });
      }
    } else if (node.cfnResourceType === 'AWS::IAM::Policy') {
      const policy = node as CfnPolicy;
      const { policyDocument } = policy;
      policy.policyDocument = Lazy.any({ produce: () => this.narrowed(this.stack.resolve(policyDocument), rules) });
    }
    for (const rule of rules) {
      for (const [property, value] of Object.entries(rule.set?.[node.cfnResourceType] ?? {})) {
        node.addPropertyOverride(property, value);
      }
    }
  }

  /** A trust policy in which AgentCore takes the role for this account and its AgentCore resources only. */
  private bound(trust: PolicyDocument): PolicyDocument {
    const { partition, region, account } = this.stack;
    const condition = {
      StringEquals: { 'aws:SourceAccount': account },
      ArnLike: { 'aws:SourceArn': `arn:${partition}:bedrock-agentcore:${region}:${account}:*` },
    };
    const statements = trust.Statement.map(statement =>
      statement.Principal?.Service === 'bedrock-agentcore.amazonaws.com' && !statement.Condition
        ? { ...statement, Condition: condition }
        : statement
    );
    return { ...trust, Statement: statements };
  }

  /** A policy in which narrow statements take the place of broad ones. */
  private narrowed(policy: PolicyDocument, rules: Narrowed[]): PolicyDocument {
    const without = new Set(rules.flatMap(rule => rule.without ?? []));
    const grants = rules.flatMap(rule => rule.grant ?? []);
    let lost = false;
    const statements = policy.Statement.flatMap(statement => {
      const resources = [statement.Resource].flat();
      const kept = resources.filter(resource => !without.has(serviceAndResource(resource)));
      lost ||= kept.length < resources.length;
      if (kept.length === resources.length) {
        return [statement];
      }
      return kept.length === 0 ? [] : [{ ...statement, Resource: kept }];
    });
    return lost ? { ...policy, Statement: [...statements, ...this.filledIn(grants)] } : policy;
  }

  private filledIn(statements: object[]): object[] {
    const { partition, region, account } = this.stack;
    const text = JSON.stringify(statements)
      .replaceAll('${AWS::Partition}', partition)
      .replaceAll('${AWS::Region}', region)
      .replaceAll('${AWS::AccountId}', account);
    return JSON.parse(text);
  }
}

function serviceAndResource(resource: unknown): string {
  const [, , service, , , ...rest] = plain(resource).split(':');
  return `${service}:${rest.join(':')}`;
}

/** The text of a resolved value; what only CloudFormation knows is one character. */
function plain(value: unknown): string {
  if (typeof value === 'string') {
    return value;
  }
  const join = (value as Record<string, unknown>)?.['Fn::Join'];
  return Array.isArray(join) ? join[1].map(plain).join(join[0]) : '~';
}
