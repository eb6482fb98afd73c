// snapshot-mount-access
// {"filesystemConfigurations": [{"sessionStorage": {"mountPath": "/mnt/data"}}], "envVars": [{"name": "DATA_DIR", "value": "/mnt/data"}]}
import fs from 'node:fs';
import { BedrockAgentCoreApp } from 'bedrock-agentcore/runtime';
const { DATA_DIR, OTHER } = process.env;
const e = process.env;
fs.mkdirSync(DATA_DIR!);  // expect: snapshot-mount-access high
fs.mkdirSync(`${e.DATA_DIR}/x`);  // expect: snapshot-mount-access high
fs.mkdirSync(e['DATA_DIR'] ?? '/tmp');  // expect: snapshot-mount-access high
const need = (n: string) => { const v = process.env[n]; if (!v) throw new Error(n); return v; };
fs.writeFileSync(need('DATA_DIR') + '/y', '');  // expect: snapshot-mount-access high
fs.mkdirSync(OTHER ?? '/tmp/x');
const app = new BedrockAgentCoreApp({ invocationHandler: { process: async (p: any) => ({}) } });
app.run();
