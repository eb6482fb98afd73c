// snapshot-ready-ping
import express from 'express';
const app = express();
let index: any;
async function load() { index = await (await fetch('https://x')).json(); }
app.get('/ping', (q, r) => { r.json({ status: 'Healthy' }); });
app.post('/invocations', (q, r) => { r.json(index); });
function main() {
  load();  // expect: snapshot-ready-ping high
  app.listen(8080);
}
main();
