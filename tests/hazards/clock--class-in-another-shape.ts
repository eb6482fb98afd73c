// snapshot-clock
import { BedrockAgentCoreApp } from 'bedrock-agentcore/runtime';
class Meter { private readonly began = Date.now(); age() { return Date.now() - this.began; } }  // expect: snapshot-clock medium
const meter = new Meter();
const app = new BedrockAgentCoreApp({ invocationHandler: { process: async () => ({ age: meter.age(), other: new Meter().age() }) } });
app.run();
