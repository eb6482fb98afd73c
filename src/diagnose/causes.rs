//! Errors that are no matter of IAM, each with its usual cause, what to do first, and the checks that see it before launch.

/// An error that is known.
#[derive(Debug, PartialEq, Eq)]
pub struct Cause {
    /// For machines.
    pub id: &'static str,
    /// What it is.
    pub title: &'static str,
    /// What usually causes it.
    pub why: &'static str,
    /// What to do, in this order.
    pub steps: &'static [&'static str],
    /// The checks that bear on it.
    pub checks: &'static [&'static str],
    /// Any of these groups says so: every word of the group stands in the text, in lower case.
    says: &'static [&'static [&'static str]],
}

/// The cause that a text names, the most telling first.
pub fn cause(text: &str) -> Option<&'static Cause> {
    let lower = text.to_lowercase().replace('\u{2019}', "'");
    let says = |cause: &&Cause| {
        cause
            .says
            .iter()
            .any(|words| words.iter().all(|word| lower.contains(word)))
    };
    CAUSES.iter().find(says)
}

static CAUSES: &[Cause] = &[
    Cause {
        id: "marketplace",
        title: "the account has no subscription to the model yet, and the role may not make one",
        why: "the first call of a model that is sold on AWS Marketplace subscribes the account, with the permissions of whoever calls",
        steps: &[
            "call the model once as an administrator in this account and Region, or open it in the model catalog of the Bedrock console",
            "only if agents are to subscribe by themselves: allow aws-marketplace:ViewSubscriptions and aws-marketplace:Subscribe to the execution role",
        ],
        checks: &["iam-missing-permissions"],
        says: &[
            &["aws-marketplace:subscribe"],
            &["aws-marketplace:viewsubscriptions"],
            &["marketplace", "model access is denied"],
        ],
    },
    Cause {
        id: "model-access",
        title: "the account has no access to the model",
        why: "the model was not subscribed to in this account and Region, it asks for a form of its use first, or it is not offered to this account",
        steps: &[
            "open the model in the model catalog of the Bedrock console, and answer its form where it has one",
            "call the model once as an administrator in this account and Region",
            "look whether the Region has it: aws bedrock list-foundation-models --region REGION",
        ],
        checks: &["iam-missing-permissions", "iam-bedrock-scope"],
        says: &[
            &["don't have access to the model"],
            &["do not have access to the model"],
            &["model use case details have not been submitted"],
        ],
    },
    Cause {
        id: "image-pull",
        title: "the image cannot be pulled",
        why: "the execution role may not read the repository, the image or its digest is not there, or a runtime in a VPC has no way to ECR and to the S3 buckets that hold its layers",
        steps: &[
            "allow ecr:BatchGetImage, ecr:GetDownloadUrlForLayer and ecr:BatchCheckLayerAvailability on the repository, and ecr:GetAuthorizationToken on *",
            "in a VPC: endpoints ecr.api and ecr.dkr and the gateway endpoint of S3, or a NAT gateway, with 443 open in the security group",
            "look whether the image is there: aws ecr describe-images --repository-name NAME",
        ],
        checks: &["iam-missing-permissions", "iam-ecr-scope", "network-mode"],
        says: &[
            &["cannotpullcontainererror"],
            &["unable to pull", "image"],
            &["failed to pull", "image"],
        ],
    },
    Cause {
        id: "gateway-role",
        title: "the gateway's role may not call its target",
        why: "a gateway calls a Lambda function, its schema and its interceptors as its own role, not as the agent's",
        steps: &[
            "allow lambda:InvokeFunction on the function's ARN to the gateway's role",
            "a function of another account, or one with a policy of its own, has to allow the role too",
        ],
        checks: &["iam-missing-permissions"],
        says: &[
            &["gateway execution role", "permission"],
            &["gateway", "role", "not have permission to invoke"],
        ],
    },
    Cause {
        id: "profile-only-model",
        title: "the model is called by its base id, and is offered through inference profiles alone",
        why: "newer models have no on-demand throughput under their own id",
        steps: &[
            "put the geography before the id: us., eu., apac., jp., au. or global. (aws bedrock list-inference-profiles --region REGION)",
            "allow the profile and its model in every Region of the profile: agentcore-harden policy --kind execution-role",
        ],
        checks: &["iam-missing-permissions", "iam-bedrock-scope"],
        says: &[
            &["on-demand throughput", "supported"],
            &["inference profile that contains this model"],
        ],
    },
    Cause {
        id: "workload-token",
        title: "no workload access token reaches the code",
        why: "the token comes with the request's headers: a plain web framework does not pass it on, a thread of one's own does not inherit it, and a call without a user id or JWT brings none",
        steps: &[
            "serve with BedrockAgentCoreApp, or read the WorkloadAccessToken header of the request and set it in BedrockAgentCoreContext",
            "run background work with contextvars.copy_context(), so that it sees the token",
            "call the runtime with a JWT, or with runtimeUserId where the caller may vouch for the user",
        ],
        checks: &[
            "credentials-registered",
            "iam-user-delegation",
            "auth-caller-match",
        ],
        says: &[
            &["workload access token", "not been set"],
            &["workload access token", "not set"],
            &["workloadaccesstoken", "not found"],
        ],
    },
    Cause {
        id: "session-id",
        title: "the session id has a length that the runtime refuses",
        why: "runtimeSessionId takes 33 to 256 characters; a user's name, a claim or a time is shorter",
        steps: &[
            "make the id with uuid.uuid4() (36 characters) and keep it per conversation",
            "bind it to the user on the server, and never take it from the request's body",
        ],
        checks: &["auth-caller-match", "perf-session-reuse"],
        says: &[
            &["runtimesessionid", "length"],
            &["runtime-session-id", "length"],
            &["session id", "at least 33"],
        ],
    },
    Cause {
        id: "memory-id-length",
        title: "an id that is given to memory is longer than 100 characters, or holds other characters",
        why: "sessionId and actorId take 1 to 100 letters, digits, - and _; frameworks append names of graphs and agents",
        steps: &[
            "cut or hash the id before it reaches memory",
            "keep ids of conversations under 100 characters with what the framework appends",
        ],
        checks: &["memory-strategies"],
        says: &[
            &["sessionid", "less than or equal to 100"],
            &["actorid", "less than or equal to"],
            &["sessionid", "failed to satisfy constraint"],
            &["actorid", "failed to satisfy constraint"],
        ],
    },
    Cause {
        id: "expired-credentials",
        title: "credentials that were read once are used after they expired",
        why: "code that keeps credentials from its import (a signer, a frozen session, values of environment variables) does not get new ones; on platform V2 they come from the snapshot",
        steps: &[
            "make clients and signers from boto3's session where they are used, and let it refresh them: no get_frozen_credentials() at import",
            "take no AWS keys from environment variables in the runtime: the execution role gives them",
        ],
        checks: &["secrets-runtime-env"],
        says: &[
            &["expiredtoken"],
            &["security token included in the request is expired"],
            &["token has expired", "sts"],
        ],
    },
    Cause {
        id: "environment-too-large",
        title: "the environment variables of the runtime are too large together",
        why: "platform V2 takes 1.5 KB of names and values for code, 2.5 KB for a container",
        steps: &[
            "move long values (prompts, JSON, lists) to a file beside the code, Parameter Store or a configuration bundle",
            "name the place in a short variable",
        ],
        checks: &["config-valid", "secrets-runtime-env"],
        says: &[
            &["environment", "too large"],
            &["environmentvariables", "exceed"],
            &["environment variables", "exceed"],
            &["environment", "size limit"],
            // What GetAgentRuntime's failure reason says where names and values are past the limit.
            &["payload is", "exceeding the", "byte maximum"],
        ],
    },
    Cause {
        id: "conflict",
        title: "the resource is being changed already",
        why: "an update waits until the last one is done; on platform V2 this includes the snapshot of the new version",
        steps: &[
            "wait until the status is READY: agentcore status",
            "run one deploy at a time: a lock or concurrency group in CI",
        ],
        checks: &[],
        says: &[
            &["conflictexception"],
            &["is in state updating"],
            &["status creating", "cannot be updated"],
        ],
    },
    Cause {
        id: "architecture",
        title: "a program of another architecture: runtimes are arm64",
        why: "the image or a compiled wheel was built for x86_64",
        steps: &[
            "build with --platform linux/arm64 (docker buildx build --platform linux/arm64)",
            "for a zip: uv pip install --python-platform aarch64-manylinux2014 --only-binary=:all:",
        ],
        checks: &["perf-container-image", "perf-package-size"],
        says: &[
            &["exec format error"],
            &["not compatible with arm64"],
            &["wrong elf class"],
            &["cannot open shared object file", "x86_64"],
            &["binaries", "arm64"],
        ],
    },
    Cause {
        id: "module-missing",
        title: "a module is not in the package that is deployed",
        why: "it is imported and no manifest names it, or the image copies only a part of the code",
        steps: &[
            "add the distribution to pyproject.toml, requirements.txt or package.json",
            "for a container: install the manifest and copy every folder that is imported",
        ],
        checks: &["code-imports-resolve"],
        says: &[
            &["modulenotfounderror"],
            &["no module named"],
            &["importerror: cannot import"],
            &["cannot find module"],
            &["err_module_not_found"],
            &["attempted relative import"],
        ],
    },
    Cause {
        id: "variable-missing",
        title: "an environment variable that the code requires is not set",
        why: "a developer's shell or `.env` file sets it, and neither `envVars` nor the image does",
        steps: &[
            "add it to envVars of the runtime in agentcore/agentcore.json, then deploy",
            "a secret is fetched from AgentCore Identity instead",
        ],
        checks: &["code-env-required", "secrets-env-read"],
        says: &[
            &["keyerror", "os.environ["],
            &["keyerror", "_environ"],
            &["keyerror", "in __getitem__", "os.py"],
            &["validation error", "settings", "field required"],
        ],
    },
    Cause {
        id: "initialization",
        title: "the agent does not answer in time when a session starts",
        why: "heavy imports and clients that connect at import, a module that is missing, a server on another port than 8080, or a VPC without a way out",
        steps: &[
            "measure it: agentcore-harden measure",
            "read the runtime's log group for a traceback of the start; empty streams point at the network or the image",
            "move connections and large imports behind the first request",
        ],
        checks: &[
            "code-imports-resolve",
            "code-env-required",
            "perf-heavy-init",
            "perf-cold-start",
            "perf-ping-handler",
            "network-mode",
        ],
        says: &[
            &["initialization time exceeded"],
            &["initialization completes in"],
            &["runtimeclienterror", "424"],
            &["424", "runtime"],
            &["failed to start", "health"],
        ],
    },
    Cause {
        id: "permission-of-file",
        title: "the file that is to be started may not be read or run",
        why: "the zip keeps the modes of a machine where the file was private, or a script names an interpreter of the machine that built it",
        steps: &[
            "chmod 644 the sources and 755 the folders before packaging",
            "start with the runtime's own interpreter: no path of a local .venv in the first line of a script",
        ],
        checks: &["perf-package-size"],
        says: &[
            &["permission denied", "main.py"],
            &["permission denied", "/var/task"],
            &["bad interpreter"],
        ],
    },
    Cause {
        id: "availability-zone",
        title: "a subnet lies in an availability zone that AgentCore does not serve",
        why: "each Region supports some zone ids (use1-az1 and the like), and names such as us-east-1a differ between accounts",
        steps: &[
            "look the zone ids up: aws ec2 describe-subnets --subnet-ids ID --query 'Subnets[].AvailabilityZoneId'",
            "name subnets of supported zones in networkConfig.subnets",
        ],
        checks: &["network-mode"],
        says: &[
            &["availability zone", "not supported"],
            &["availability zones", "unsupported"],
            &["subnet", "unsupported availability"],
        ],
    },
    Cause {
        id: "no-way-out",
        title: "a service does not answer in time",
        why: "in a VPC a runtime has no public address: without a NAT gateway or endpoints for Bedrock, logs, ECR and S3 every call times out; with networkMode PUBLIC the answer itself takes longer than the client waits, as a model's long answer does (botocore waits 60 seconds)",
        steps: &[
            "with networkMode PUBLIC: raise the client's read timeout (botocore.config.Config(read_timeout=300)) and stream the answer",
            "in a VPC: give the subnets a route to a NAT gateway, or interface endpoints for each service that is called and the gateway endpoint of S3",
            "in a VPC: let the security group reach 443, the S3 prefix list included",
        ],
        checks: &["network-mode"],
        says: &[
            &["read timeout on endpoint"],
            &["connect timeout on endpoint"],
            &["could not connect to the endpoint url"],
            &["readtimeouterror"],
        ],
    },
    Cause {
        id: "tool-name",
        title: "a tool is asked for by a name that the gateway does not have",
        why: "a gateway names its tools TARGET___TOOL, with three underscores",
        steps: &[
            "list what the gateway offers, and use those names",
            "do not filter by the plain name of the tool",
        ],
        checks: &[],
        says: &[&["unknown tool"], &["tool not found", "gateway"]],
    },
    Cause {
        id: "tool-use-without-result",
        title: "the conversation holds a toolUse without its result",
        why: "the session ended in the middle of a turn: the runtime was idle by its /ping while it worked, or was stopped",
        steps: &[
            "answer HealthyBusy from /ping while a turn runs, or use add_async_task",
            "repair or drop the last message when a session is restored",
        ],
        checks: &[
            "perf-ping-handler",
            "perf-async-tasks",
            "perf-session-timeouts",
        ],
        says: &[&["tooluse", "toolresult"], &["tool_use", "tool_result"]],
    },
    Cause {
        id: "memory-empty",
        title: "memory answers with nothing",
        why: "the namespace of the search is not one that a strategy writes to, the actor is another one than the writer's, or extraction (minutes) is not done",
        steps: &[
            "compare the namespace with namespaceTemplates of the strategy: it is matched as a whole, a prefix needs namespacePath",
            "use the same actorId for writing and reading, per user, and none made from a time",
            "wait for extraction, and look at list_memory_records",
        ],
        checks: &[
            "memory-strategies",
            "test-memory-cross-session",
            "iam-missing-permissions",
        ],
        says: &[
            &["memor", "[]"],
            &["memoryrecordsummaries", "[]"],
            &["no memories found"],
        ],
    },
    Cause {
        id: "traces-destination",
        title: "spans have nowhere to go",
        why: "Transaction Search is not on in this account and Region, or was turned on by API and the log group aws/spans was not made",
        steps: &[
            "aws xray update-trace-segment-destination --destination CloudWatchLogs",
            "allow X-Ray to write to aws/spans and /aws/application-signals/data by a resource policy of CloudWatch Logs",
        ],
        checks: &["obs-tracing"],
        says: &[
            &["aws/spans"],
            &["otlp", "export", "failed"],
            &["failed to export", "traces"],
        ],
    },
    Cause {
        id: "inbound-auth",
        title: "the runtime or gateway refuses the caller",
        why: "the caller signs where a JWT is expected or the other way round; or the token's issuer, audience, client or scope is not what the authorizer lists, or it has expired",
        steps: &[
            "walk the token against the authorizer, on this machine: agentcore-harden token - < token.txt",
            "AWS_IAM: sign with SigV4 for bedrock-agentcore and allow bedrock-agentcore:InvokeAgentRuntime on the runtime and its endpoint: agentcore-harden policy --kind invoke",
            "CUSTOM_JWT: send Authorization: Bearer, over HTTPS; the AWS SDK signs and cannot be used",
        ],
        checks: &[
            "auth-inbound-type",
            "auth-jwt-config",
            "auth-jwt-issuer",
            "auth-caller-match",
            "auth-drift",
        ],
        says: &[
            &["oauth authorization failed"],
            &["authorization method mismatch"],
            &["invalid bearer"],
            &["missing authentication token"],
            &["invalid token", "401"],
            &["unauthorized", "401"],
            &["forbidden", "403"],
            &["claim", "mismatch"],
            &["signature we calculated does not match"],
            &["unrecognizedclientexception"],
            &["jwt", "expired"],
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::CAUSES;

    #[test]
    fn every_check_that_is_named_exists() {
        for cause in CAUSES {
            for id in cause.checks {
                assert!(crate::checks::all().any(|check| check.id == *id), "{id}");
            }
            assert!(
                cause
                    .says
                    .iter()
                    .flat_map(|words| words.iter())
                    .all(|word| word.to_lowercase() == *word)
            );
        }
    }
}
