// What `agentcore validate` (CLI 0.30) says of projects that are given as texts: one JSON object of path → text per line of
// standard input, one [valid, reason] per line of output. The installed program's own schemas judge, in the program's order.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const readline = require('node:readline');

let folder = path.dirname(fs.realpathSync(process.argv[2]));
while (!fs.existsSync(path.join(folder, 'package.json'))) folder = path.dirname(folder);
const schema = require(path.join(folder, 'dist', 'schema'));

function read(files, name, shape, label) {
  if (!(name in files)) throw new Error(`Required file not found: ${label}`);
  const result = shape.safeParse(JSON.parse(files[name]));
  if (!result.success) throw new Error(JSON.stringify(result.error.issues.map(issue => [issue.path.join('.'), issue.message])));
  return result.data;
}

function payments(project, files) {
  const variables = new Map();
  const env = files['agentcore/.env.local'];
  for (const line of (env ?? '').split('\n')) {
    const match = /^\s*([\w.-]+)\s*=\s*(.*)$/.exec(line);
    if (match) variables.set(match[1], match[2].trim());
  }
  for (const manager of project.payments ?? []) {
    if (manager.connectors.length === 0) throw new Error('no connectors');
    for (const connector of manager.connectors) {
      if (connector.provisionMode === 'QUICK_CREATE') continue;
      const credential = project.credentials.find(entry => entry.name === connector.credentialName);
      if (credential.provider !== (connector.provider ?? 'CoinbaseCDP')) throw new Error('provider differs');
      if (env === undefined) throw new Error('.env.local not found');
      const start = `AGENTCORE_CREDENTIAL_${connector.credentialName.replace(/-/g, '_').toUpperCase()}`;
      const ends =
        (connector.provider ?? 'CoinbaseCDP') === 'StripePrivy'
          ? ['APP_ID', 'APP_SECRET', 'AUTHORIZATION_PRIVATE_KEY', 'AUTHORIZATION_ID']
          : ['API_KEY_ID', 'API_KEY_SECRET', 'WALLET_SECRET'];
      for (const end of ends) if (!variables.get(`${start}_${end}`)) throw new Error(`missing ${end}`);
    }
  }
}

function validate(files) {
  const project = read(files, 'agentcore/agentcore.json', schema.AgentCoreProjectSpecSchema, 'agentcore.json');
  payments(project, files);
  const targets = read(files, 'agentcore/aws-targets.json', schema.AwsDeploymentTargetsSchema, 'aws-targets.json');
  const state = 'agentcore/.cli/deployed-state.json';
  if (state in files) read(files, state, schema.createValidatedDeployedStateSchema(targets.map(target => target.name)), state);
  for (const harness of project.harnesses) {
    const name = `app/${harness.name}/harness.json`;
    read(files, name, schema.HarnessSpecSchema, name);
  }
}

readline.createInterface({ input: process.stdin }).on('line', line => {
  let answer = [true, ''];
  try {
    validate(JSON.parse(line));
  } catch (error) {
    answer = [false, String(error.message).slice(0, 400)];
  }
  console.log(JSON.stringify(answer));
});
