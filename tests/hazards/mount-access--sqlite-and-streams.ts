// snapshot-mount-access
// {"filesystemConfigurations": [{"sessionStorage": {"mountPath": "/mnt/data"}}]}
import Database from 'better-sqlite3';
import * as fs from 'fs';
import { BedrockAgentCoreApp } from 'bedrock-agentcore/runtime';
const db = new Database('/mnt/data/notes.db');  // expect: snapshot-mount-access high
const log = fs.createWriteStream('/mnt/data/log.txt');  // expect: snapshot-mount-access high
const there = fs.existsSync('/mnt/data/x');  // expect: snapshot-mount-access high
const app = new BedrockAgentCoreApp({ invocationHandler: { process: async () => db.prepare('x').all() } });
app.run();
