// snapshot-credentials
import { fromNodeProviderChain } from '@aws-sdk/credential-providers';
import { S3Client } from '@aws-sdk/client-s3';
import { BedrockAgentCoreApp } from 'bedrock-agentcore/runtime';
const provider = fromNodeProviderChain();
const s3 = new S3Client({ credentials: provider });
const app = new BedrockAgentCoreApp({ invocationHandler: { process: async (p) => ({ a: sign((await provider()).accessKeyId), b: s3 }) } });
app.run();
