// snapshot-stale-data
import { CognitoIdentityProviderClient, DescribeUserPoolClientCommand } from '@aws-sdk/client-cognito-identity-provider';
import { BedrockAgentCoreApp } from 'bedrock-agentcore/runtime';
const cognito = new CognitoIdentityProviderClient({});
const found = await cognito.send(new DescribeUserPoolClientCommand({ UserPoolId: 'p', ClientId: 'c' }));  // expect: snapshot-stale-data medium
const app = new BedrockAgentCoreApp({ invocationHandler: { process: async () => found.UserPoolClient!.ClientSecret } });
app.run();
