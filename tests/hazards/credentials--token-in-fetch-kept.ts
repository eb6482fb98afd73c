// snapshot-credentials
import { BedrockAgentCoreApp } from 'bedrock-agentcore/runtime';
const answer = await fetch('https://idp.example.com/oauth2/token', { method: 'POST', body: 'grant_type=client_credentials' });  // expect: snapshot-credentials high
const { access_token: accessToken } = await answer.json() as any;
const app = new BedrockAgentCoreApp({ invocationHandler: { process: async () => fetch('https://x', { headers: { authorization: `Bearer ${accessToken}` } }) } });
app.run();
