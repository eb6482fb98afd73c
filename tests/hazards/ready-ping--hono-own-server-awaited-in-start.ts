// snapshot-ready-ping
import { Hono } from 'hono';
import { serve } from '@hono/node-server';
const app = new Hono();
let index: any;
app.get('/ping', (c) => c.json({ status: 'Healthy' }));
app.post('/invocations', async (c) => c.json(await index.ask(await c.req.json())));
async function start() { index = await load(); serve({ fetch: app.fetch, port: 8080 }); }
start();
