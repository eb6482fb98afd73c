// snapshot-credentials
import { fromNodeProviderChain } from '@aws-sdk/credential-providers';
import { STSClient, AssumeRoleCommand } from '@aws-sdk/client-sts';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { S3Client, GetObjectCommand } from '@aws-sdk/client-s3';
import { BedrockAgentCoreApp } from 'bedrock-agentcore/runtime';
const creds = await fromNodeProviderChain()();  // expect: snapshot-credentials high
const sts = new STSClient({});
const { Credentials } = await sts.send(new AssumeRoleCommand({ RoleArn: 'r', RoleSessionName: 's' }));  // expect: snapshot-credentials high
const logo = await getSignedUrl(new S3Client({}), new GetObjectCommand({ Bucket: 'b', Key: 'k' }));  // expect: snapshot-credentials high
const key = process.env.AWS_ACCESS_KEY_ID;  // expect: snapshot-credentials high
const app = new BedrockAgentCoreApp({ invocationHandler: { process: async (p) => ({ a: sign(creds.accessKeyId, Credentials!.AccessKeyId), logo, key }) } });
app.run();
