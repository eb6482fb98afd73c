//! `policy`: what code, packaged tools, guardrails, parameters and deployed state put into it, and what it says of what it cannot read.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

use crate::projects::{policy, write};

const ACCOUNT: &str = "123456789012";
const BEDROCK: &str = "arn:aws:bedrock:eu-west-1:123456789012";

fn page(root: &Path, arguments: &[&str]) -> Value {
    let output = policy(root, arguments);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

fn configuration(root: &Path, variables: &[(&str, &str)]) {
    let variables: Vec<Value> = variables
        .iter()
        .map(|(name, value)| json!({"name": name, "value": value}))
        .collect();
    let configuration = json!({
        "name": "Shop", "version": 1, "managedBy": "CDK",
        "runtimes": [{
            "name": "Main", "build": "CodeZip", "entrypoint": "main.py", "codeLocation": "app/Main/",
            "runtimeVersion": "PYTHON_3_13", "networkMode": "PUBLIC", "protocol": "HTTP", "envVars": variables
        }]
    });
    write(root, "agentcore/agentcore.json", &configuration.to_string());
    let target = json!([{"name": "default", "account": ACCOUNT, "region": "eu-west-1"}]);
    write(root, "agentcore/aws-targets.json", &target.to_string());
}

/// What the policy for an agent of that code says.
fn of(code: &str, variables: &[(&str, &str)]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    configuration(folder.path(), variables);
    write(folder.path(), "app/Main/main.py", code);
    page(folder.path(), &["--json"])
}

fn resources(page: &Value, action: &str) -> Vec<String> {
    let statements = page["policy"]["Statement"].as_array().unwrap().iter();
    let with = statements.filter(|statement| {
        let actions = statement["Action"].as_array().unwrap();
        actions.iter().any(|own| own == action)
    });
    let all: BTreeSet<String> = with
        .flat_map(|statement| statement["Resource"].as_array().unwrap())
        .map(|resource| resource.as_str().unwrap().to_owned())
        .collect();
    all.into_iter().collect()
}

fn notes(page: &Value) -> String {
    page["notes"].to_string()
}

#[test]
fn a_guardrail_of_a_model_may_be_applied() {
    for (code, variables, wanted) in [
        (
            "from strands.models import BedrockModel\nm = BedrockModel(model_id='amazon.nova-pro-v1:0', guardrail_id='gr1', guardrail_version='1')\n",
            &[][..],
            "guardrail/gr1",
        ),
        (
            "import os\nfrom strands.models import BedrockModel\nGUARD = os.environ.get('GUARD')\n\ndef make(guard):\n    return BedrockModel(model_id='amazon.nova-pro-v1:0', guardrail_id=guard)\n\nm = make(GUARD)\n",
            &[("GUARD", "gr2")],
            "guardrail/gr2",
        ),
        (
            "from langchain_aws import ChatBedrockConverse\nm = ChatBedrockConverse(model='amazon.nova-pro-v1:0', guardrail_config={'guardrailIdentifier': 'gr3', 'guardrailVersion': '1'})\n",
            &[],
            "guardrail/gr3",
        ),
        (
            "import boto3\nc = boto3.client('bedrock-runtime')\nc.converse(modelId='amazon.nova-pro-v1:0', messages=[], guardrailConfig={'guardrailIdentifier': 'gr4'})\n",
            &[],
            "guardrail/gr4",
        ),
        (
            "import boto3\nc = boto3.client('bedrock-runtime')\nc.invoke_model(modelId='amazon.nova-pro-v1:0', body='', guardrailIdentifier='gr5', guardrailVersion='DRAFT')\n",
            &[],
            "guardrail/gr5",
        ),
        (
            "import os\nfrom strands.models import BedrockModel\nm = BedrockModel(model_id='amazon.nova-pro-v1:0', guardrail_id=os.environ['GUARD'])\n",
            &[],
            "guardrail/*",
        ),
        (
            "import json, os\nfrom langchain_aws import ChatBedrock\nm = ChatBedrock(model='amazon.nova-pro-v1:0', guardrails=json.loads(os.environ['G']))\n",
            &[],
            "guardrail/*",
        ),
    ] {
        let page = of(code, variables);
        let found = resources(&page, "bedrock:ApplyGuardrail");
        assert_eq!(found, [format!("{BEDROCK}:{wanted}")], "{code}");
        assert_eq!(
            notes(&page).contains("guardrail whose id"),
            wanted.ends_with('*'),
            "{code}"
        );
    }
    for none in [
        "from strands.models import BedrockModel\nm = BedrockModel(model_id='amazon.nova-pro-v1:0', guardrail_id=None)\n",
        "from agents import Agent\na = Agent(name='a', guardrails=load())\nprint({'guardrail_id': find()})\n",
    ] {
        let page = of(none, &[]);
        assert!(
            resources(&page, "bedrock:ApplyGuardrail").is_empty(),
            "{none}"
        );
    }
}

#[test]
fn packaged_tools_need_what_they_call() {
    let code = "from strands import Agent\nfrom strands_tools import calculator, retrieve, use_aws, brand_new\nagent = Agent(tools=[calculator, retrieve, use_aws, brand_new])\n";
    let known = of(code, &[("KNOWLEDGE_BASE_ID", "KB12345678")]);
    assert_eq!(
        resources(&known, "bedrock:Retrieve"),
        [format!("{BEDROCK}:knowledge-base/KB12345678")]
    );
    let said = notes(&known);
    assert!(said.contains("strands_tools.use_aws"), "{said}");
    assert!(said.contains("strands_tools.brand_new: what"), "{said}");
    assert!(!said.contains("calculator"), "{said}");
    let unknown = of(code, &[]);
    assert_eq!(
        resources(&unknown, "bedrock:Retrieve"),
        [format!("{BEDROCK}:knowledge-base/*")]
    );
    assert!(notes(&unknown).contains("KNOWLEDGE_BASE_ID"));
    let retriever = "from langchain_aws.retrievers import AmazonKnowledgeBasesRetriever\nr = AmazonKnowledgeBasesRetriever(knowledge_base_id='KB1')\n";
    assert_eq!(
        resources(&of(retriever, &[]), "bedrock:Retrieve"),
        [format!("{BEDROCK}:knowledge-base/KB1")]
    );
}

#[test]
fn a_project_whose_code_is_not_there_gets_no_commands() {
    let folder = tempfile::tempdir().unwrap();
    configuration(folder.path(), &[]);
    let found = page(folder.path(), &["--json"]);
    assert_eq!(found["commands"], json!([]));
    let first = found["notes"][0].as_str().unwrap();
    assert!(
        first.contains("the code of runtime Main is not here") && first.contains("app/Main/"),
        "{first}"
    );
    let text = policy(folder.path(), &[]);
    let text = String::from_utf8(text.stdout).unwrap();
    assert!(!text.contains("create-role"), "{text}");
    let note = text.find("note: the code of").unwrap();
    assert!(note < text.find("Execution role").unwrap(), "{text}");
    write(folder.path(), "app/Main/main.py", "print('here')\n");
    let found = page(folder.path(), &["--json"]);
    assert!(found["commands"].to_string().contains("create-role"));
}

#[test]
fn ids_that_aws_makes_up_are_never_guessed() {
    let code = "import os\nimport boto3\n\ndef search(query):\n    kb_id = os.environ.get('KAI_KB_ID')\n    client = boto3.client('bedrock-agent-runtime')\n    return client.retrieve(knowledgeBaseId=kb_id, retrievalQuery={'text': query})\n\nk = boto3.client('kms')\nk.decrypt(KeyId=os.environ['KEY'], CiphertextBlob=b'')\n\nboto3.client('cloudformation').describe_stacks(StackName='ToolsStack')\n\nprint(search('x'))\n";
    let set = of(code, &[("KAI_KB_ID", "KB1"), ("KEY", "k-1")]);
    assert_eq!(
        resources(&set, "bedrock:Retrieve"),
        [format!("{BEDROCK}:knowledge-base/KB1")]
    );
    assert_eq!(
        resources(&set, "kms:Decrypt"),
        [format!("arn:aws:kms:eu-west-1:{ACCOUNT}:key/k-1")]
    );
    assert_eq!(
        resources(&set, "cloudformation:DescribeStacks"),
        [format!(
            "arn:aws:cloudformation:eu-west-1:{ACCOUNT}:stack/ToolsStack/*"
        )]
    );
    assert!(!notes(&set).contains("does not show every resource"));
    let unset = of(code, &[]);
    assert_eq!(
        resources(&unset, "bedrock:Retrieve"),
        [format!("{BEDROCK}:knowledge-base/*")]
    );
    assert_eq!(
        resources(&unset, "kms:Decrypt"),
        [format!("arn:aws:kms:eu-west-1:{ACCOUNT}:key/*")]
    );
    assert!(notes(&unset).contains("does not show every resource that it uses of kms"));
}

#[test]
fn code_that_never_runs_is_granted_nothing() {
    let folder = tempfile::tempdir().unwrap();
    configuration(folder.path(), &[]);
    write(
        folder.path(),
        "app/Main/main.py",
        "import helper\nhelper.work()\n",
    );
    write(
        folder.path(),
        "app/Main/helper.py",
        "import boto3\n\ndef work():\n    boto3.client('s3').get_object(Bucket='b', Key='k')\n\ndef seed():\n    boto3.client('s3').delete_bucket(Bucket='b')\n\nif __name__ == '__main__':\n    seed()\n",
    );
    let found = page(folder.path(), &["--json"]);
    assert_eq!(resources(&found, "s3:GetObject"), ["arn:aws:s3:::b/*"]);
    assert!(resources(&found, "s3:DeleteBucket").is_empty());
}

#[test]
fn a_gateway_of_elsewhere_may_be_called_where_requests_are_signed() {
    let signed = "import os\nfrom botocore.auth import SigV4Auth\nfrom mcp.client.streamable_http import streamablehttp_client\n\nclass SigV4:\n    SERVICE = 'bedrock-agentcore'\n\n    def flow(self, request):\n        SigV4Auth(self.creds, self.SERVICE, self.region).add_auth(request)\n        return request\n\nurl = os.environ['TOOLS_GATEWAY_URL']\nclient = streamablehttp_client(url, auth=SigV4())\n";
    let unknown = of(signed, &[]);
    let core = format!("arn:aws:bedrock-agentcore:eu-west-1:{ACCOUNT}");
    assert_eq!(
        resources(&unknown, "bedrock-agentcore:InvokeGateway"),
        [format!("{core}:gateway/*")]
    );
    assert!(notes(&unknown).contains("put the ARN of the gateway"));
    let known = of(
        signed,
        &[(
            "TOOLS_GATEWAY_URL",
            "https://tools-abcdefghij.gateway.bedrock-agentcore.eu-west-1.amazonaws.com/mcp",
        )],
    );
    assert_eq!(
        resources(&known, "bedrock-agentcore:InvokeGateway"),
        [format!("{core}:gateway/tools-abcdefghij")]
    );
    let bearer = "from mcp.client.streamable_http import streamablehttp_client\nclient = streamablehttp_client('https://x.gateway.bedrock-agentcore.eu-west-1.amazonaws.com/mcp', headers={'Authorization': token()})\n";
    assert!(resources(&of(bearer, &[]), "bedrock-agentcore:InvokeGateway").is_empty());
}

#[test]
fn permissions_that_the_cdk_app_adds_are_named() {
    let folder = tempfile::tempdir().unwrap();
    configuration(folder.path(), &[]);
    write(folder.path(), "app/Main/main.py", "print('here')\n");
    let vended = "env.runtime.role.addToPrincipalPolicy(\n  new iam.PolicyStatement({\n    actions: ['sts:AssumeRole'],\n    resources: [manager.processPaymentRoleArn],\n  })\n);\nbuild.grantPushTo(repository);\n";
    write(folder.path(), "agentcore/cdk/lib/cdk-stack.ts", vended);
    let found = page(folder.path(), &["--json"]);
    assert!(!notes(&found).contains("CDK code"), "{}", notes(&found));
    let own = format!("{vended}\ntable.grantReadData(env.runtime.role);\n");
    write(folder.path(), "agentcore/cdk/lib/cdk-stack.ts", &own);
    let found = page(folder.path(), &["--json"]);
    assert!(
        notes(&found).contains("agentcore/cdk/lib/cdk-stack.ts:9"),
        "{}",
        notes(&found)
    );
}

#[test]
fn the_deployed_state_says_where_a_project_is() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    configuration(root, &[]);
    write(
        root,
        "app/Main/main.py",
        "from bedrock_agentcore import BedrockAgentCoreApp\napp = BedrockAgentCoreApp()\n",
    );
    write(root, "agentcore/aws-targets.json", "[]");
    let arn = format!("arn:aws:bedrock-agentcore:eu-west-1:{ACCOUNT}:runtime/Shop_Main-abcdefghij");
    let state = json!({"targets": {"prod": {"resources": {"runtimes": {"Main": {
        "runtimeId": "Shop_Main-abcdefghij", "runtimeArn": arn}}}}}});
    let path = "agentcore/.cli/deployed-state.json";
    write(root, path, &state.to_string());
    let of_kind = |kind: &str| page(root, &["--kind", kind, "--json"])["policy"].to_string();
    assert!(of_kind("invoke").contains(&arn));
    assert!(!of_kind("invoke").contains("InvokeAgentRuntimeForUser"));
    write(
        root,
        "scripts/call.py",
        "import boto3\nc = boto3.client('bedrock-agentcore')\nc.invoke_agent_runtime(agentRuntimeArn=ARN, runtimeUserId=user, payload=b'')\n",
    );
    assert!(of_kind("invoke").contains("bedrock-agentcore:InvokeAgentRuntimeForUser"));
    write(root, path, &state.to_string().replace(ACCOUNT, "ACCOUNT"));
    assert_eq!(policy(root, &[]).status.code(), Some(2));
}

#[test]
fn a_loop_over_constants_takes_each_of_them() {
    let parameter = |name: &str| format!("arn:aws:ssm:eu-west-1:{ACCOUNT}:parameter/{name}");
    let each = "import os\nimport boto3\nc = boto3.client('ssm')\nfor name in ('/p/a', '/p/b', os.environ['THIRD']):\n    c.get_parameter(Name=name)\n";
    let found = of(each, &[("THIRD", "/p/c")]);
    assert_eq!(
        resources(&found, "ssm:GetParameter"),
        [parameter("p/a"), parameter("p/b"), parameter("p/c")]
    );
    assert!(!notes(&found).contains("does not show every"));
    let pairs = "import boto3\nc = boto3.client('ssm')\nNAMES = {'x': '/p/x', 'y': '/p/y'}\nvalues = {key: c.get_parameter(Name=name) for key, name in NAMES.items()}\n";
    assert_eq!(
        resources(&of(pairs, &[]), "ssm:GetParameter"),
        [parameter("p/x"), parameter("p/y")]
    );
    let open = of(each, &[]);
    assert_eq!(
        resources(&open, "ssm:GetParameter"),
        [parameter("Shop*"), parameter("p/a"), parameter("p/b")]
    );
    assert!(notes(&open).contains("does not show every resource that it uses of ssm"));
}

#[test]
fn constants_of_the_environment_are_followed_through_modules_and_helpers() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    configuration(
        root,
        &[("ARCHIVE", "acme-archive"), ("TABLE", "claims-live")],
    );
    write(
        root,
        "app/Main/names.py",
        "import os\n\nBUCKET = os.environ[\"ARCHIVE\"]\n\n\ndef table():\n    return os.getenv(\"TABLE\", \"\").strip()\n",
    );
    write(
        root,
        "app/Main/main.py",
        "import boto3\nfrom names import BUCKET, table\n\ns3 = boto3.client(\"s3\")\nrows = boto3.resource(\"dynamodb\").Table(table())\n\n\ndef read():\n    return s3.get_object(Bucket=BUCKET, Key=\"a\"), rows.get_item(Key={\"id\": \"1\"})\n\n\nread()\n",
    );
    let page = page(root, &["--json"]);
    assert_eq!(
        resources(&page, "s3:GetObject"),
        ["arn:aws:s3:::acme-archive/*"]
    );
    assert_eq!(
        resources(&page, "dynamodb:GetItem"),
        [format!(
            "arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/claims-live"
        )]
    );
}

#[test]
fn clients_are_followed_through_arguments_and_members() {
    let page = of(
        "import boto3\n\n\nclass Store:\n    def __init__(self, client):\n        self.client = client\n\n    def put(self, body):\n        self.client.put_object(Bucket=\"acme-out\", Key=\"a\", Body=body)\n\n\ndef send(queue, text):\n    queue.send_message(QueueUrl=\"https://sqs.eu-west-1.amazonaws.com/123456789012/jobs\", MessageBody=text)\n\n\nStore(boto3.client(\"s3\")).put(b\"x\")\nsend(boto3.client(\"sqs\"), \"x\")\nboto3.client(\"s3\").get_waiter(\"object_exists\").wait(Bucket=\"acme-in\", Key=\"a\")\n",
        &[],
    );
    assert_eq!(
        resources(&page, "s3:PutObject"),
        ["arn:aws:s3:::acme-out/*"]
    );
    assert_eq!(
        resources(&page, "sqs:SendMessage"),
        [format!("arn:aws:sqs:eu-west-1:{ACCOUNT}:jobs")]
    );
    assert_eq!(resources(&page, "s3:GetObject"), ["arn:aws:s3:::acme-in/*"]);
}

#[test]
fn unified_traces_let_xray_into_the_log_group() {
    let variable = "UNIFIED_TRACES_DESTINATION_ENABLED";
    assert_eq!(
        resources(
            &of("pass\n", &[(variable, "true")]),
            "logs:PutResourcePolicy"
        ),
        ["*"]
    );
    assert!(
        resources(
            &of("pass\n", &[(variable, "false")]),
            "logs:PutResourcePolicy"
        )
        .is_empty()
    );
}

#[test]
fn a_model_that_is_offered_through_profiles_alone_is_noted_with_its_place() {
    let page = of(
        "from strands import Agent\n\nagent = Agent(model=\"anthropic.claude-sonnet-4-5-20250929-v1:0\")\n",
        &[],
    );
    let notes = page["notes"].to_string();
    assert!(
        notes.contains("app/Main/main.py:3: ") && notes.contains("eu.anthropic.claude"),
        "{notes}"
    );
}

#[test]
fn a_harness_gets_only_the_memory_that_it_names() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let configuration = json!({
        "name": "Shop", "version": 1, "managedBy": "CDK", "runtimes": [],
        "memories": [{"name": "till", "eventExpiryDuration": 30, "strategies": []}],
        "harnesses": [{"name": "Baker", "path": "app/Baker"}]
    });
    write(root, "agentcore/agentcore.json", &configuration.to_string());
    let target = json!([{"name": "default", "account": ACCOUNT, "region": "eu-west-1"}]);
    write(root, "agentcore/aws-targets.json", &target.to_string());
    let with = |memory: Value| {
        let harness = json!({"name": "Baker", "model": {"provider": "bedrock", "modelId": "global.anthropic.claude-sonnet-4-6"}, "memory": memory});
        write(root, "app/Baker/harness.json", &harness.to_string());
        resources(&page(root, &["--json"]), "bedrock-agentcore:CreateEvent")
    };
    assert!(with(json!({"mode": "disabled"})).is_empty());
    assert_eq!(with(json!({"mode": "existing", "name": "till"})).len(), 1);
}

#[test]
fn lists_of_agentcore_and_resources_of_the_right_kind_are_granted() {
    let page = of(
        r#"
import boto3
from bedrock_agentcore.memory import MemoryClient
from bedrock_agentcore.runtime import BedrockAgentCoreApp
app = BedrockAgentCoreApp()
ssm = boto3.client("ssm")
control = boto3.client("bedrock-agentcore-control")
memory = MemoryClient()
@app.entrypoint
def run(payload):
    ssm.describe_association(AssociationId="0f1e")
    ssm.get_document(Name="Restart")
    ssm.get_parameter(Name="/shop/model")
    control.list_gateways()
    control.create_memory(name="x", eventExpiryDuration=30)
    return memory.list_memories()
app.run()
"#,
        &[],
    );
    let arn = |resource: &str| format!("arn:aws:ssm:eu-west-1:{ACCOUNT}:{resource}");
    let on = |action: &str| resources(&page, action);
    assert_eq!(on("ssm:DescribeAssociation"), [arn("association/0f1e")]);
    assert_eq!(on("ssm:GetDocument"), [arn("document/Restart")]);
    assert_eq!(on("ssm:GetParameter"), [arn("parameter/shop/model")]);
    assert_eq!(on("bedrock-agentcore:ListGateways"), ["*"]);
    assert_eq!(on("bedrock-agentcore:ListMemories"), ["*"]);
    assert!(on("bedrock-agentcore:CreateMemory").is_empty());
    let left_out = "bedrock-agentcore:CreateMemory is left out";
    assert!(page.to_string().contains(left_out), "{page:#}");
}

/// Code that makes a client, the variables that are set for it, and the Regions that it may call.
type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a [&'a str]);

#[test]
fn a_model_is_allowed_in_the_region_that_it_is_called_in() {
    const CALL: &str = "bedrock:InvokeModel";
    const PROFILE: &str = "eu.amazon.nova-pro-v1:0";
    let profiles = |client: &str, variables: &[(&str, &str)]| -> Vec<String> {
        let code =
            format!("import os\nimport boto3\nfrom strands.models import BedrockModel\n{client}\n");
        let all = resources(&of(&code, variables), CALL).into_iter();
        all.filter(|resource| resource.ends_with(&format!("inference-profile/{PROFILE}")))
            .collect()
    };
    // Its own beside it, for what names none; all, where one is not known.
    let in_regions = |regions: &[&str]| -> Vec<String> {
        let arns = regions.iter().map(|region| {
            format!("arn:aws:bedrock:{region}:{ACCOUNT}:inference-profile/{PROFILE}")
        });
        arns.collect()
    };
    let cases: [Case<'_>; 9] = [
        (
            "m = BedrockModel(model_id='eu.amazon.nova-pro-v1:0')",
            &[],
            &["eu-west-1"],
        ),
        (
            "m = BedrockModel(model_id='eu.amazon.nova-pro-v1:0', region_name='eu-central-1')",
            &[],
            &["eu-central-1", "eu-west-1"],
        ),
        (
            "REGION = 'eu-north-1'\nsession = boto3.Session(region_name=REGION)\nm = BedrockModel(model_id='eu.amazon.nova-pro-v1:0', boto_session=session)",
            &[],
            &["eu-north-1", "eu-west-1"],
        ),
        (
            "c = boto3.client('bedrock-runtime', region_name='eu-west-3')\nc.converse(modelId='eu.amazon.nova-pro-v1:0', messages=[])",
            &[],
            &["eu-west-1", "eu-west-3"],
        ),
        (
            "c = boto3.client('bedrock-runtime', 'eu-west-3')\nc.converse(modelId='eu.amazon.nova-pro-v1:0', messages=[])",
            &[],
            &["eu-west-1", "eu-west-3"],
        ),
        // Its own Region, wherever it is deployed.
        (
            "m = BedrockModel(model_id='eu.amazon.nova-pro-v1:0', region_name=os.getenv('AWS_REGION', 'eu-central-1'))",
            &[],
            &["eu-west-1"],
        ),
        (
            "m = BedrockModel(model_id='eu.amazon.nova-pro-v1:0', region_name=os.environ['MODEL_REGION'])",
            &[("MODEL_REGION", "eu-central-1")],
            &["eu-central-1", "eu-west-1"],
        ),
        (
            "m = BedrockModel(model_id='eu.amazon.nova-pro-v1:0')",
            &[("AWS_REGION", "eu-south-1")],
            &["eu-south-1"],
        ),
        (
            "m = BedrockModel(model_id='eu.amazon.nova-pro-v1:0', region_name=os.environ['MODEL_REGION'])",
            &[],
            &["*"],
        ),
    ];
    for (client, variables, regions) in cases {
        assert_eq!(profiles(client, variables), in_regions(regions), "{client}");
    }
}

#[test]
fn a_memory_is_granted_by_its_id_and_where_its_name_is_not_seen() {
    let memories = |code: &str, variables: &[(&str, &str)]| -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        configuration(folder.path(), variables);
        let path = folder.path().join("agentcore/agentcore.json");
        let mut document: Value =
            serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        document["memories"] = json!([
            {"name": "Facts", "eventExpiryDuration": 30, "strategies": []},
            {"name": "Notes", "eventExpiryDuration": 30, "strategies": []},
        ]);
        write(
            folder.path(),
            "agentcore/agentcore.json",
            &document.to_string(),
        );
        let code = format!(
            "import os\nfrom bedrock_agentcore.memory.integrations.strands.config import AgentCoreMemoryConfig\n{code}\n"
        );
        write(folder.path(), "app/Main/main.py", &code);
        let page = page(folder.path(), &["--json"]);
        let granted = resources(&page, "bedrock-agentcore:CreateEvent").into_iter();
        granted
            .map(|arn| arn.rsplit('/').next().unwrap_or_default().to_owned())
            .collect()
    };
    let facts = ["Shop_Facts-??????????"];
    let id =
        "AgentCoreMemoryConfig(memory_id='Shop_Facts-a1b2c3d4e5', session_id='s', actor_id='a')";
    assert_eq!(memories(id, &[]), facts);
    let read = "AgentCoreMemoryConfig(memory_id=os.environ['STORE'], session_id='s', actor_id='a')";
    let set = [("STORE", "Shop_Facts-a1b2c3d4e5")];
    assert_eq!(memories(read, &set), facts);
    // Whichever it is, the agent would be denied.
    assert_eq!(
        memories(read, &[]),
        ["Shop_Facts-??????????", "Shop_Notes-??????????"]
    );
    assert_eq!(memories("print('no memory')", &[]), [""; 0]);
}

#[test]
fn a_memory_of_another_project_is_granted_by_its_id() {
    let code = "import os\nfrom bedrock_agentcore.memory import MemoryClient\nfrom bedrock_agentcore.memory.integrations.strands.config import AgentCoreMemoryConfig\nfrom bedrock_agentcore.memory.integrations.strands.session_manager import AgentCoreMemorySessionManager\nconfig = AgentCoreMemoryConfig(memory_id=os.environ.get('NOTES'), session_id='s', actor_id='a')\nmanager = AgentCoreMemorySessionManager(config, 'eu-west-1')\n";
    let of_env = of(code, &[("NOTES", "shared_Notes-KI3pyT4cTg")]);
    let arn = "arn:aws:bedrock-agentcore:eu-west-1:123456789012:memory/shared_Notes-KI3pyT4cTg";
    for action in ["CreateEvent", "ListEvents", "RetrieveMemoryRecords"] {
        let action = format!("bedrock-agentcore:{action}");
        assert_eq!(resources(&of_env, &action), [arn], "{action}");
    }
    let nowhere = of(code, &[]);
    let none: [&str; 0] = [];
    assert_eq!(resources(&nowhere, "bedrock-agentcore:CreateEvent"), none);
    assert!(notes(&nowhere).contains("no id of one is in sight"));
}

#[test]
fn a_role_without_the_default_model_is_not_offered() {
    for (code, told) in [
        (
            "from strands import Agent\nAgent(system_prompt='x')\n",
            true,
        ),
        ("from strands import Agent\nAgent(model=None)\n", true),
        (
            "from strands import Agent\nfrom strands.models import BedrockModel\nAgent(model=BedrockModel(temperature=0))\n",
            true,
        ),
        (
            "from strands import Agent\nAgent('us.amazon.nova-pro-v1:0')\n",
            false,
        ),
        (
            "from strands import Agent\nAgent(model='us.amazon.nova-pro-v1:0')\n",
            false,
        ),
        (
            "from strands import Agent\nimport sys\nAgent(**dict(sys.argv))\n",
            false,
        ),
        ("class Agent:\n    pass\n\n\nAgent()\n", false),
    ] {
        let page = of(code, &[]);
        assert_eq!(
            notes(&page).contains("Strands calls its default"),
            told,
            "{code}"
        );
        assert_eq!(page["commands"] == json!([]), told, "{code}");
    }
}

#[test]
fn a_bundle_that_names_the_agent_may_be_read() {
    let bundles = |code: &str, runtime: &str| -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        configuration(folder.path(), &[]);
        let path = folder.path().join("agentcore/agentcore.json");
        let mut document: Value =
            serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let components = json!({format!("{{{{runtime:{runtime}}}}}"): {"configuration": {}}});
        document["configBundles"] = json!([{"name": "Prompts", "components": components}]);
        write(
            folder.path(),
            "agentcore/agentcore.json",
            &document.to_string(),
        );
        write(folder.path(), "app/Main/main.py", code);
        let page = page(folder.path(), &["--json"]);
        resources(&page, "bedrock-agentcore:GetConfigurationBundleVersion")
    };
    let arn = [
        "arn:aws:bedrock-agentcore:eu-west-1:123456789012:configuration-bundle/ShopPrompts-??????????",
    ];
    assert_eq!(bundles("print(1)\n", "Main"), arn);
    let asks = "from bedrock_agentcore.runtime import BedrockAgentCoreContext\nBedrockAgentCoreContext.get_config_bundle()\n";
    assert_eq!(bundles(asks, "Other"), arn);
    assert_eq!(bundles("print(1)\n", "Other"), [""; 0]);
}

#[test]
fn a_bucket_of_an_address_is_taken_for_the_one_that_is_not_seen() {
    let code = "import boto3\nSKILLS = ['s3://corp-skills-7731/brand', 's3://corp-skills-7731/launch']\n\n\ndef read(uri):\n    bucket, _, key = uri[5:].partition('/')\n    return boto3.client('s3').get_object(Bucket=bucket, Key=key)\n\n\nfor skill in SKILLS:\n    read(skill)\n";
    assert_eq!(
        resources(&of(code, &[]), "s3:GetObject"),
        ["arn:aws:s3:::corp-skills-7731/*", "arn:aws:s3:::shop*/*"]
    );
    // What is read from one place is not written there.
    let put = code.replace(
        "get_object(Bucket=bucket, Key=key)",
        "put_object(Bucket=bucket, Key=key, Body=b'')",
    );
    assert_eq!(
        resources(&of(&put, &[]), "s3:PutObject"),
        ["arn:aws:s3:::shop*/*"]
    );
    let unknown =
        "import boto3\nimport os\nboto3.client('s3').get_object(Bucket=os.environ['B'], Key='k')\n";
    assert_eq!(
        resources(&of(unknown, &[]), "s3:GetObject"),
        ["arn:aws:s3:::shop*/*"]
    );
}
