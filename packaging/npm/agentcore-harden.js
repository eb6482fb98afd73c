#!/usr/bin/env node
// Starts the program that npm installed for this platform, and ends as it ends.
'use strict';
const { spawnSync } = require('node:child_process');
const { constants } = require('node:os');

const platform = `${process.platform}-${process.arch}`;
const name = process.platform === 'win32' ? 'agentcore-harden.exe' : 'agentcore-harden';

function program() {
  if (process.env.AGENTCORE_HARDEN_BINARY) {
    return process.env.AGENTCORE_HARDEN_BINARY;
  }
  try {
    return require.resolve(`@agentcore-harden/${platform}/bin/${name}`);
  } catch {
    return undefined;
  }
}

const path = program();
if (path === undefined) {
  console.error(`error: no program for ${platform} is installed`);
  console.error(
    'help: install without --omit=optional; for another platform: cargo install agentcore-harden',
  );
  process.exit(2);
}
const ended = spawnSync(path, process.argv.slice(2), { stdio: 'inherit', windowsHide: true });
if (ended.error) {
  console.error(`error: ${path} could not be started: ${ended.error.message}`);
  process.exit(2);
}
// A program that a signal ended has no status; a shell reports 128 and the signal's number.
process.exit(ended.status ?? 128 + (constants.signals[ended.signal] ?? 0));
