//! What is no secret: every line here must stay silent in code, in configuration and in documents.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use agentcore_harden::secrets::{Options, scan};

const LINES: &[&str] = &[
    // Placeholders
    "api_key = \"your-api-key-here\"",
    "OPENAI_API_KEY=sk-...",
    "OPENAI_API_KEY=<your OpenAI key>",
    "ANTHROPIC_API_KEY=${ANTHROPIC_API_KEY}",
    "token: \"{{ .Values.token }}\"",
    "token = \"%(token)s\"",
    "GITHUB_TOKEN=ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "SLACK_BOT_TOKEN=xoxb-your-token-here",
    "STRIPE_KEY=sk_test_your_key_goes_here",
    "password = \"changeme\"",
    "password: ********",
    "secret = \"REPLACE_ME_WITH_A_REAL_SECRET_123\"",
    "api_key = \"sk-not-a-real-key-0123456789\"",
    "api_key = \"fake-api-key-1234567890abcdef\"",
    "api_key = \"dummy_key_8271627162716\"",
    "token = \"test-token-1234567890\"",
    "token = \"1234567890abcdef1234567890abcdef\"",
    "token = \"abcdefghijklmnopqrstuvwxyz012345\"",
    "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    // Read from elsewhere
    "api_key = os.environ[\"OPENAI_API_KEY\"]",
    "api_key=os.getenv('SERVICE_API_KEY')",
    "const token = process.env.SERVICE_TOKEN_V2;",
    "password = getpass(\"Password: \")",
    "secret = client.get_secret_value(SecretId=\"prod/db-password\")[\"SecretString\"]",
    "api_key: SecretStr = Field(..., env=\"SERVICE_API_KEY\")",
    "secret_name = \"prod/db/main-credentials-2024\"",
    "SECRET_ARN=arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/db-AbCdEf",
    "password: !Ref DatabasePassword",
    "token: ${{ secrets.GITHUB_TOKEN }}",
    "api_key = settings.OPENAI_API_KEY_V1",
    "clientSecret: enc:v1:Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MGFiY2RlZg==",
    "password = f\"{prefix}-{suffix}-{number}\"",
    // Names that only sound like it
    "max_tokens = 4096",
    "token_count = 1234567890123456",
    "next_token = \"AQICAHhRc3ZtN0pKUEVwNHd4bU5aVmRrZz09\"",
    "nextToken: 'eyJwYWdlIjoyfQ8s7d6f5g4h3j2k1l'",
    "partition_key = \"tenant#9f8e7d6c5b4a39281706\"",
    "cache_key = \"v2:9f8e7d6c5b4a392817069f8e7d6c5b4a\"",
    "KMS_KEY_ID=1234abcd-12ab-34cd-56ef-1234567890ab",
    "TOKEN_URL=https://id.acme.io/oauth2/token",
    "tokenizer = \"cl100k_base\"",
    "password_field = \"user_password_2\"",
    "primary_key = \"order_id\"",
    "\"tokenType\": \"Bearer\"",
    "stripe_publishable = \"pk_live_9aB8cD7eF6gH5iJ4kL3mN2oP1q\"",
    "ssh_public_key = \"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKx8Vq3nYz7uTg1 me@host\"",
    // Hashes and ids
    "commit = \"9fceb02d0ae598e95dc970b74767f19372d61af8\"",
    "sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "\"integrity\": \"sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==\",",
    "uses: actions/checkout@b4ffde65f46336ab88eb53be808477a3936bae11 # github token not needed",
    "request_id = \"8f14e45f-ceea-467f-a8d5-2ad3a2b1c9d0\"",
    "model_id = \"us.anthropic.claude-3-7-sonnet-20250219-v1:0\"",
    "user_pool_id = \"us-east-1_AbCdEf123\"",
    "image = \"111122223333.dkr.ecr.us-east-1.amazonaws.com/agent@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\"",
    "logo = \"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==\"",
    // Addresses
    "DATABASE_URL=postgres://postgres:postgres@localhost:5432/app",
    "DATABASE_URL=postgresql://user:password@localhost/db",
    "DATABASE_URL=mysql://root:secret@db:3306/app",
    "url = \"https://api.acme.io/v1/tokens?grant=client\"",
    "url = \"https://user:${PASSWORD}@git.acme.io/repo.git\"",
    "proxy = \"http://127.0.0.1:8080\"",
    "url = \"postgres://{user}:{password}@{host}:5432/db\"",
    // Prose and interface texts
    "\"password\": \"Password must have 8 characters and 1 digit\"",
    "label_password = \"Passwort2 bestätigen\"",
    "# The API key starts with sk-ant- and is 108 characters long.",
    "throw new Error('token: expected 3 parts, got 2');",
    "assert token == \"expected-token\"",
    "Authorization: Bearer <token>",
    "headers = {\"Authorization\": f\"Bearer {token}\"}",
    "credentials = base64.b64encode(f\"{client_id}:{client_secret}\".encode()).decode()",
];

#[test]
fn decoys_stay_silent() {
    let mut noisy = Vec::new();
    for line in LINES {
        for path in [
            "app/main.py",
            "app/index.ts",
            "config/settings.yaml",
            ".env",
            "README.md",
            "tests/test_app.py",
            "data.json",
            "run.sh",
        ] {
            for hit in scan(path, &format!("{line}\n"), &Options::default()) {
                noisy.push(format!(
                    "{path}: {} {:?} in {line}",
                    hit.kind.id, hit.confidence
                ));
            }
        }
    }
    assert!(noisy.is_empty(), "{}", noisy.join("\n"));
}
