// snapshot-mount-access
// {"filesystemConfigurations": [{"sessionStorage": {"mountPath": "/mnt/data"}}]}
import fs from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { BedrockAgentCoreApp } from 'bedrock-agentcore/runtime';
const ROOT = process.env.DATA_DIR ?? '/mnt/data';
fs.mkdirSync(ROOT, { recursive: true });  // fails
await writeFile(path.join(ROOT, 'x.txt'), 'x');  // fails
await mkdir(`${ROOT}/sub`);  // fails
const later = () => fs.readFileSync(path.join(ROOT, 'x.txt'));
const app = new BedrockAgentCoreApp({ invocationHandler: { process: async (p: any) => later() } });
app.run();
