// snapshot-mount-access
// {"filesystemConfigurations": [{"sessionStorage": {"mountPath": "/mnt/data"}}]}
import fs from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { BedrockAgentCoreApp } from 'bedrock-agentcore/runtime';
const ROOT = process.env.DATA_DIR ?? '/mnt/data';
fs.mkdirSync(ROOT, { recursive: true });  // expect: snapshot-mount-access high
await writeFile(path.join(ROOT, 'x.txt'), 'x');  // expect: snapshot-mount-access high
await mkdir(`${ROOT}/sub`);  // expect: snapshot-mount-access high
const later = () => fs.readFileSync(path.join(ROOT, 'x.txt'));
const app = new BedrockAgentCoreApp({ invocationHandler: { process: async (p: any) => later() } });
app.run();
