// Interoperability tests use real MQTT clients and a real broker, and find out by themselves whether
// these are there.

import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { runTool } from './step.js';

const programs = [
  { name: 'mosquitto', debian: 'mosquitto', isThere: hasBroker },
  { name: 'mosquitto_pub and mosquitto_sub', debian: 'mosquitto-clients', isThere: hasMosquitto },
  { name: 'paho-mqtt for Python', debian: 'python3-paho-mqtt', isThere: hasPaho },
  { name: 'strace', debian: 'strace', isThere: hasStrace },
];

/**
 * Installs what is missing where that is possible; otherwise says what stays untested, which is a
 * failure when WELLHEAD_TEST_PROGRAMS is `required`.
 */
export async function provideTestPrograms() {
  let missing = await missingPrograms();
  let output = '';
  const debianRoot = existsSync('/usr/bin/apt-get') && process.getuid?.() === 0;
  if (missing.length > 0 && debianRoot) {
    output = await withoutServices(() => install(missing.map(({ debian }) => debian)));
    missing = await missingPrograms();
  }
  const counts = { passed: 0 };
  if (missing.length === 0)
    return { ok: true, counts, note: programs.map((p) => p.name).join(', ') };
  const what = missing.map(({ name }) => name).join(' and ');
  const how = missing.map(({ debian }) => debian).join(' ');
  const note = `skipping the tests with ${what}; to run them, install ${how}`;
  if (process.env.WELLHEAD_TEST_PROGRAMS === 'required') return { ok: false, note, output };
  return { ok: true, counts, note };
}

/** @param {readonly string[]} names */
async function install(names) {
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const update = await runTool('apt-get', ['update', '-qq'], { env });
  const args = ['install', '-qq', '-y', '--no-install-recommends', ...names];
  const { output } = await runTool('apt-get', args, { env });
  // nor shall it start with the machine
  if (names.includes('mosquitto')) await runTool('update-rc.d', ['mosquitto', 'disable']);
  return update.output + output;
}

/**
 * Debian starts a service as soon as it is installed, unless a policy forbids it; the broker would sit
 * on port 1883 from then on.
 * @template T
 * @param {() => Promise<T>} work
 */
async function withoutServices(work) {
  const policy = '/usr/sbin/policy-rc.d';
  if (existsSync(policy)) return work(); // somebody has decided
  writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    return await work();
  } finally {
    rmSync(policy, { force: true });
  }
}

async function missingPrograms() {
  const there = await Promise.all(programs.map(({ isThere }) => isThere()));
  return programs.filter((_, index) => !there[index]);
}

async function hasBroker() {
  // Debian has it where only root looks; it exits with a failure after its help
  const env = { PATH: `${process.env.PATH}:/usr/sbin` };
  return (await runTool('mosquitto', ['-h'], { env })).stdout.includes('mosquitto version');
}

async function hasMosquitto() {
  const answers = await Promise.all([
    runTool('mosquitto_pub', ['--help']),
    runTool('mosquitto_sub', ['--help']),
  ]);
  // Both exit with 1 after their help, so what counts is that they spoke.
  return answers.every(({ stdout }) => stdout.includes('mosquitto_'));
}

async function hasStrace() {
  return (await runTool('strace', ['-V'])).ok;
}

async function hasPaho() {
  return (await runTool('/usr/bin/python3', ['-c', 'import paho.mqtt'])).ok;
}
