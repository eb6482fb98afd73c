// snapshot-connections
import pg from 'pg';
import { createClient } from 'redis';
import mongoose from 'mongoose';
import WebSocket from 'ws';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { BedrockAgentCoreApp } from 'bedrock-agentcore/runtime';
const db = new pg.Client(process.env.DSN);
await db.connect();  // expect: snapshot-connections medium
const cache = createClient();
await cache.connect();  // expect: snapshot-connections low
await mongoose.connect('mongodb://h/db');  // expect: snapshot-connections low
const ws = new WebSocket('wss://h');  // expect: snapshot-connections medium
const mcp = new Client({ name: 'a', version: '1' });
await mcp.connect(new StreamableHTTPClientTransport(new URL('https://x')));  // expect: snapshot-connections medium
const M = mongoose.model('m', new mongoose.Schema({}));
const app = new BedrockAgentCoreApp({ invocationHandler: { process: async (p: any) => { ws.send('x'); return { a: await db.query('select 1'), b: await cache.get('k'), c: await mcp.callTool({ name: 'x' }), d: await M.find() }; } } });
app.run();
