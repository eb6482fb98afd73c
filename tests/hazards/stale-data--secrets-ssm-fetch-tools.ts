// snapshot-stale-data
import { SecretsManagerClient, GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { SSM } from '@aws-sdk/client-ssm';
import { McpClient } from '@strands-agents/sdk';
import { BedrockAgentCoreApp } from 'bedrock-agentcore/runtime';
const sm = new SecretsManagerClient({});
const secret = (await sm.send(new GetSecretValueCommand({ SecretId: 'x' }))).SecretString;  // expect: snapshot-stale-data medium
const param = await new SSM({}).getParameter({ Name: '/x' });  // expect: snapshot-stale-data low
const flags = await (await fetch('https://flags.example.com/all')).json();  // expect: snapshot-stale-data low
const app = new BedrockAgentCoreApp({ invocationHandler: { process: async (p: any) => ({ secret, param, flags }) } });
app.run();
