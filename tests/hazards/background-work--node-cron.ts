// snapshot-background-work
import cron from 'node-cron';
import { CronJob } from 'cron';
import { BedrockAgentCoreApp } from 'bedrock-agentcore/runtime';
let rates: any = {};
cron.schedule('* * * * *', async () => { rates = await load(); });  // expect: snapshot-background-work medium
const job = new CronJob('* * * * *', () => { rates.x = 1; }, null, true);  // expect: snapshot-background-work medium
const app = new BedrockAgentCoreApp({ invocationHandler: { process: async (p: any) => rates } });
app.run();
