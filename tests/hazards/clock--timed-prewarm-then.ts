// snapshot-clock
import { BedrockAgentCoreApp } from 'bedrock-agentcore/runtime';
import pino from 'pino';
const logger = pino();
function prewarm() {
  const t0 = Date.now();
  return Promise.all([fetch('https://x')]).then(() => { logger.info('done', { ms: Date.now() - t0 }); });
}
await prewarm();
const app = new BedrockAgentCoreApp({ invocationHandler: { process: async (p: any) => ({}) } });
app.run();
