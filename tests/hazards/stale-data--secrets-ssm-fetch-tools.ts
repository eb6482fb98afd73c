// snapshot-stale-data
import { SecretsManagerClient, GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { SSM } from '@aws-sdk/client-ssm';
import { McpClient } from '@strands-agents/sdk';
import { BedrockAgentCoreApp } from 'bedrock-agentcore/runtime';
const sm = new SecretsManagerClient({});
const secret = (await sm.send(new GetSecretValueCommand({ SecretId: 'x' }))).SecretString;  // fails
const param = await new SSM({}).getParameter({ Name: '/x' });  // fails
const flags = await (await fetch('https://flags.example.com/all')).json();  // fails
const app = new BedrockAgentCoreApp({ invocationHandler: { process: async (p: any) => ({ secret, param, flags }) } });
app.run();
