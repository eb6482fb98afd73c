// snapshot-clock
import dayjs from 'dayjs';
import { DateTime } from 'luxon';
import { format } from 'date-fns';
import { BedrockAgentCoreApp } from 'bedrock-agentcore/runtime';
const a = dayjs().format('YYYY');  // expect: snapshot-clock medium
const b = DateTime.now();  // expect: snapshot-clock medium
const c = format(new Date(), 'yyyy');  // expect: snapshot-clock medium
const d = new Date('2020-01-01');
const app = new BedrockAgentCoreApp({ invocationHandler: { process: async (p: any) => ({ a, b, c, d }) } });
app.run();
