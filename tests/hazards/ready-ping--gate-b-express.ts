// snapshot-ready-ping
import express from 'express';
import { loadModel } from './model.js';
const server = express();
let model;
loadModel().then(m => { model = m; });  // expect: snapshot-ready-ping high
server.get("/ping", (_, r) => r.send({ status: "Healthy" }));
server.post("/invocations", async (q, r) => r.send(await model.run(q.body)));
server.listen(8080, "0.0.0.0");
