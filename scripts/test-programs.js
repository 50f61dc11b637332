// Interoperability tests use real MQTT clients and find out by themselves whether these are there.

import { existsSync } from 'node:fs';
import { runTool } from './step.js';

const programs = [
  { name: 'mosquitto_pub and mosquitto_sub', debian: 'mosquitto-clients', isThere: hasMosquitto },
  { name: 'paho-mqtt for Python', debian: 'python3-paho-mqtt', isThere: hasPaho },
];

/** Installs what is missing where that is possible; otherwise says what stays untested. */
export async function provideTestPrograms() {
  let missing = await missingPrograms();
  const debianRoot = existsSync('/usr/bin/apt-get') && process.getuid?.() === 0;
  if (missing.length > 0 && debianRoot) {
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    const names = missing.map(({ debian }) => debian);
    await runTool('apt-get', ['update', '-qq'], { env });
    await runTool('apt-get', ['install', '-qq', '-y', '--no-install-recommends', ...names], {
      env,
    });
    missing = await missingPrograms();
  }
  const counts = { passed: 0 };
  if (missing.length === 0)
    return { ok: true, counts, note: programs.map((p) => p.name).join(', ') };
  const what = missing.map(({ name }) => name).join(' and ');
  const how = missing.map(({ debian }) => debian).join(' ');
  return { ok: true, counts, note: `skipping the tests with ${what}; to run them, install ${how}` };
}

async function missingPrograms() {
  const there = await Promise.all(programs.map(({ isThere }) => isThere()));
  return programs.filter((_, index) => !there[index]);
}

async function hasMosquitto() {
  const answers = await Promise.all([
    runTool('mosquitto_pub', ['--help']),
    runTool('mosquitto_sub', ['--help']),
  ]);
  // Both exit with 1 after their help, so what counts is that they spoke.
  return answers.every(({ stdout }) => stdout.includes('mosquitto_'));
}

async function hasPaho() {
  return (await runTool('/usr/bin/python3', ['-c', 'import paho.mqtt'])).ok;
}
