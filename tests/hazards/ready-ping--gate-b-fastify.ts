// snapshot-ready-ping
import Fastify from 'fastify';
import { loadModel } from './model';
const server = Fastify();
let model: any;
loadModel().then(m => { model = m; });  // expect: snapshot-ready-ping high
server.get("/ping", (_, r) => r.send({ status: "Healthy" }));
server.post("/invocations", async (q, r) => r.send(await model.run(q.body)));
server.listen(8080, "0.0.0.0");
