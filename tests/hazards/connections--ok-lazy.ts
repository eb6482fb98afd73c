// snapshot-connections
import pg from 'pg';
import { BedrockAgentCoreApp } from 'bedrock-agentcore/runtime';
const pool = new pg.Pool({ connectionString: process.env.DSN });
let client: pg.Client | undefined;
async function db() { if (!client) { client = new pg.Client(); await client.connect(); } return client; }
const app = new BedrockAgentCoreApp({ invocationHandler: { process: async (p: any) => ({ a: await pool.query('select 1'), b: await (await db()).query('x') }) } });
app.run();
