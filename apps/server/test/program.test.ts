import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { copyFile, readFile } from 'node:fs/promises';
import { type Socket, connect as connectSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectSecure } from 'node:tls';
import { connectAsync } from 'mqtt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Program } from './program.ts';
import { type Address, Wellhead, programFile, runWellhead } from './wellhead.ts';

// made when a test runs: that this file is only read, to list its tests, leaves nothing behind
const folder = join(tmpdir(), `wellhead-test-${randomUUID()}`);
beforeAll(() => mkdirSync(folder, { mode: 0o700 }));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const fixture = (name: string): string => join(import.meta.dirname, 'fixtures', name);
const certificate = [
  '--cert',
  fixture('localhost-cert.pem'),
  '--key',
  fixture('localhost-key.pem'),
];

describe('ready', () => {
  test('one line for each listener, with its url and port, then what to know', async () => {
    const unix = join(folder, 'ready.sock');
    const ports = ['--port', '0', '--ws-port', '0', '--tls-port', '0', '--unix', unix];
    await using running = runWellhead([...ports, ...certificate, '--memory']);
    await running.stderr.find((line) => line.includes('Ctrl-C'));
    const ready = running.stderr.all.filter((line) => line.includes(' listening '));
    const urls = ready.map((line) => /url=(\S+) .*port=(\d+)/.exec(line)?.slice(1, 3) ?? []);
    expect(urls.map(([url = '', port = '']) => url.replace(`:${port}`, ':N'))).toEqual([
      'mqtt://127.0.0.1:N',
      'mqtts://127.0.0.1:N',
      'ws://127.0.0.1:N/mqtt',
      `unix://${unix}`,
    ]);
    const rest = running.stderr.all.slice(ready.length).join('\n');
    for (const [url = ''] of urls) expect(rest).toContain(url);
    expect(rest).toContain('in memory');
    expect(rest).toContain(`mosquitto_sub -h 127.0.0.1 -p ${urls[0]?.[1]} -t 'test/#' -v`);
    expect(running.stdout.all).toEqual([]);
    running.signal('SIGTERM');
    expect(await running.end).toEqual({ status: 0, signal: null });
  });

  test('whoever listens on a Unix socket alone is told how to try that', async () => {
    const unix = join(folder, 'alone.sock');
    await using running = runWellhead(['--no-tcp', '--no-ws', '--unix', unix, '--memory']);
    await running.stderr.find((line) => line.includes('Ctrl-C'));
    const said = running.stderr.all.join('\n');
    expect(said).toContain(`mosquitto_sub --unix ${unix} -t 'test/#' -v`);
    expect(said).toContain(`mosquitto_pub --unix ${unix} -t test/hello -m hello`);
  });

  test('every listener serves', async () => {
    const unix = join(folder, 'serves.sock');
    const secure = ['--tls-port', '0', '--wss-port', '0', ...certificate];
    await using server = await Wellhead.start([...secure, '--unix', unix]);
    const ca = await readFile(fixture('localhost-cert.pem'));
    for (const listener of ['mqtt', 'mqtts', 'ws', 'wss']) {
      const client = await connectAsync(server.address(listener).url, { ca, reconnectPeriod: 0 });
      await client.endAsync();
    }
    const socket = await helloBy(connectSocket(unix));
    socket.destroy();
    expect(await server.stop()).toBe(0);
  });

  test('a listener can be switched off, and the path of the WebSocket chosen', async () => {
    await using server = await Wellhead.start(['--no-tcp', '--ws-path', '/socket']);
    expect(() => server.address('mqtt')).toThrow('no listener');
    expect(new URL(server.address('ws').url).pathname).toBe('/socket');
    const client = await connectAsync(server.address('ws').url, { reconnectPeriod: 0 });
    await client.endAsync();
    expect(await server.stop()).toBe(0);
  });

  test.each<[string, string[], number]>([
    ['this machine', ['--host', '127.0.0.1'], 0],
    ['every address', ['--host', '0.0.0.0'], 1],
    ['every address, for everybody', ['--host', '0.0.0.0', '--allow-anonymous'], 1],
  ])('listening on %s', async (_where, args, warnings) => {
    await using server = await Wellhead.start(args);
    const warned = server.program.stderr.all.filter((line) => line.includes('"level":"warn"'));
    expect(warned.length).toBe(warnings);
    for (const line of warned) expect(line).toContain('--allow-anonymous');
    expect(await server.stop()).toBe(0);
  });
});

describe('the end', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)(
    '%s: MQTT 5 clients get DISCONNECT 0x8B, and the exit status is 0',
    async (signal) => {
      await using server = await Wellhead.start();
      const told = ['mqtt', 'ws'].map((listener) => disconnection(server.address(listener)));
      await Promise.all(told.map(({ connected }) => connected));
      server.program.signal(signal);
      expect(await Promise.all(told.map(({ reasonCode }) => reasonCode))).toEqual([0x8b, 0x8b]);
      expect(await server.program.end).toEqual({ status: 0, signal: null });
      await server.logged({ msg: 'stopped' });
    },
  );

  test('SIGHUP without a terminal is no end: there is nothing to reload', async () => {
    await using server = await Wellhead.start();
    server.program.signal('SIGHUP');
    await server.logged({ msg: 'there is nothing to reload', signal: 'SIGHUP' });
    const told = disconnection(server.address('mqtt'));
    await told.connected;
    expect(await server.stop()).toBe(0);
  });

  test('SIGHUP without a terminal: a new certificate is used from then on, a bad one never', async () => {
    const mine = join(folder, 'renewed');
    const [cert, key] = [`${mine}-cert.pem`, `${mine}-key.pem`];
    await copyFile(fixture('localhost-cert.pem'), cert);
    await copyFile(fixture('localhost-key.pem'), key);
    const ports = ['--tls-port', '0', '--wss-port', '0'];
    await using server = await Wellhead.start([...ports, '--cert', cert, '--key', key]);
    const before = await serialNumbers(server);
    await copyFile(fixture('other-key.pem'), key);
    server.program.signal('SIGHUP');
    await server.logged({ msg: 'the certificate stays as it was' });
    expect(await serialNumbers(server)).toEqual(before);
    await copyFile(fixture('other-cert.pem'), cert);
    server.program.signal('SIGHUP');
    await server.logged({ msg: 'the certificate was reloaded' });
    const after = await serialNumbers(server);
    for (const [i, serial] of after.entries()) expect(serial).not.toBe(before[i]);
    expect(await server.stop()).toBe(0);
  });

  test('SIGUSR2 is no end', async () => {
    await using server = await Wellhead.start();
    server.program.signal('SIGUSR2');
    await server.logged({ msg: 'nothing is done for this signal', signal: 'SIGUSR2' });
    expect(await server.stop()).toBe(0);
  });

  test('SIGTERM: clients that never read nor leave keep nobody waiting, and the exit status is 0', async () => {
    await using server = await Wellhead.start();
    const { port } = server.address('mqtt');
    const deaf: Socket[] = [];
    for (let i = 0; i < 20; i++) {
      const socket = connectSocket({ port, host: '127.0.0.1', allowHalfOpen: true });
      deaf.push((await helloBy(socket, 98 + i)).pause());
      socket.on('error', () => {});
    }
    const told = disconnection(server.address('mqtt'));
    await told.connected;
    server.program.signal('SIGTERM');
    expect(await told.reasonCode).toBe(0x8b);
    expect(await server.program.end).toEqual({ status: 0, signal: null });
    for (const socket of deaf) socket.destroy();
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('a second %s exits at once, with %i', async (signal, status) => {
    await using server = await Wellhead.start();
    // a client that never closes keeps an orderly end waiting
    const { port } = server.address('mqtt');
    const socket = await helloBy(connectSocket({ port, host: '127.0.0.1', allowHalfOpen: true }));
    server.program.signal(signal);
    await server.logged({ msg: 'stopping', signal });
    server.program.signal(signal);
    expect(await server.program.end).toEqual({ status, signal: null });
    socket.destroy();
  });

  test('an error that nobody caught: one line with the reason, and exit status 1', async () => {
    await using server = await Wellhead.start([], fixture('throw-on-signal.js'));
    const before = server.program.stderr.all.length;
    server.program.signal('SIGUSR2');
    expect(await server.program.end).toEqual({ status: 1, signal: null });
    const lines = server.program.stderr.all.slice(before);
    expect(lines.length).toBe(1);
    expect(lines[0]).toContain('planted by a test');
  });
});

describe('a start that fails says why in one line, and exits with 1', () => {
  const garbage = join(folder, 'garbage.pem');
  beforeAll(() => writeFileSync(garbage, 'not a certificate\n'));
  const [, cert = '', , key = ''] = certificate;
  const free = ['--port', '0', '--ws-port', '0', '--memory'];
  const tls = (certFile: string, keyFile: string): string[] => {
    return [...free, '--tls-port', '0', '--cert', certFile, '--key', keyFile];
  };

  test.each<[string, string[], string]>([
    ['a bad flag', ['--prot', '1'], "unknown option '--prot'"],
    ['a bad value', ['--port', '99999'], 'from 0 to 65535'],
    ['an unknown command', ['serve'], "'serve'"],
    ['--cert without --key', ['--tls-port', '0', '--cert', cert], 'missing: --key'],
    ['--memory with --data', ['--memory', '--data', folder], "with option '--data <dir>'"],
    ['no such certificate', tls(join(folder, 'none.pem'), key), 'none.pem'],
    ['a certificate that is a folder', tls(folder, key), 'Cannot read the certificate file'],
    ['no such key', tls(cert, join(folder, 'none.pem')), 'Cannot read the key file'],
    ['a certificate that is none', tls(garbage, key), 'one of them is not PEM'],
    ['a key that is none', tls(cert, garbage), 'not PEM'],
    [
      'the key of another certificate',
      tls(cert, fixture('other-key.pem')),
      'the key is that of another certificate',
    ],
    ['an address of another machine', [...free, '--host', '192.0.2.1'], '192.0.2.1'],
    ['a Unix socket in no folder', [...free, '--unix', join(folder, 'no/such.sock')], 'such.sock'],
  ])('%s', async (_what, args, reason) => {
    await using running = runWellhead(args);
    expect(await running.end).toEqual({ status: 1, signal: null });
    expect(running.stderr.all).toEqual([expect.stringMatching(/^wellhead: /)]);
    expect(running.stderr.all[0]).toContain(reason);
    expect(running.stdout.all).toEqual([]);
  });

  test.each(['--port', '--ws-port', '--tls-port'])('a port that is taken: %s', async (flag) => {
    await using server = await Wellhead.start();
    const { port } = server.address('mqtt');
    const others = ['--port', '--ws-port'].filter((other) => other !== flag);
    await using running = runWellhead([
      '--memory',
      ...others.flatMap((other) => [other, '0']),
      flag,
      String(port),
      ...(flag === '--tls-port' ? certificate : []),
    ]);
    expect(await running.end).toEqual({ status: 1, signal: null });
    expect(running.stderr.all).toEqual([
      `wellhead: Cannot listen on 127.0.0.1:${port}: the address is in use. Choose another one, or port 0 for any free one.`,
    ]);
  });

  test('a Unix socket that is taken', async () => {
    const path = join(folder, 'taken.sock');
    await using _server = await Wellhead.start(['--unix', path]);
    await using running = runWellhead([...free, '--unix', path]);
    expect((await running.end).status).toBe(1);
    expect(running.stderr.all).toEqual([
      `wellhead: Cannot listen on ${path}: the address is in use. Choose another path.`,
    ]);
  });

  test('a file where the Unix socket should be', async () => {
    const path = join(folder, 'plain');
    writeFileSync(path, 'precious');
    await using running = runWellhead([...free, '--unix', path]);
    expect((await running.end).status).toBe(1);
    expect(running.stderr.all).toEqual([
      `wellhead: Cannot listen on ${path}: something that is no socket is there, and stays. Choose another path.`,
    ]);
    expect(await readFile(path, 'utf8')).toBe('precious');
  });

  test.skipIf(!existsSync('/dev/full'))(
    'and exits when the disk of the log is full, too',
    async () => {
      await using server = await Wellhead.start();
      const { port } = server.address('mqtt');
      const line = `exec "$0" "$@" 2>/dev/full`;
      const args = [process.execPath, programFile, '--memory', '--port', String(port)];
      await using full = new Program('sh', ['-c', line, ...args]);
      expect((await full.end).status).toBe(1);
    },
  );

  test('in JSON when the log is JSON', async () => {
    await using running = runWellhead([...free, '--host', '192.0.2.1', '--log-format', 'json']);
    expect((await running.end).status).toBe(1);
    expect(running.stderr.all).toEqual([expect.stringContaining('"level":"fatal"')]);
  });
});

test.each<[string, string[], RegExp]>([
  ['--version', ['--version'], /^\d+\.\d+\.\d+$/],
  ['start --version', ['start', '--version'], /^\d+\.\d+\.\d+$/],
  ['--help', ['--help'], /^Usage: wellhead/],
  ['start --help', ['start', '--help'], /^Usage: wellhead start/],
])('%s speaks on standard output and exits with 0', async (_line, args, first) => {
  await using running = runWellhead(args);
  expect(await running.end).toEqual({ status: 0, signal: null });
  expect(running.stdout.all[0]).toMatch(first);
  expect(running.stderr.all).toEqual([]);
});

/** An MQTT 5 client that waits to be told why it is disconnected. */
function disconnection({ url }: Address): {
  connected: Promise<void>;
  reasonCode: Promise<number | undefined>;
} {
  const connecting = connectAsync(url, { protocolVersion: 5, reconnectPeriod: 0 });
  return {
    connected: connecting.then(() => {}),
    reasonCode: connecting.then(
      (client) =>
        new Promise((resolve) => client.once('disconnect', (packet) => resolve(packet.reasonCode))),
    ),
  };
}

/** Sends a CONNECT of MQTT 3.1.1 and waits for its CONNACK. */
async function helloBy(socket: Socket, clientId = 97): Promise<Socket> {
  socket.write(Uint8Array.of(0x10, 13, 0, 4, 77, 81, 84, 84, 4, 2, 0, 0, 0, 1, clientId));
  const connack = await new Promise<Buffer>((resolve, reject) => {
    socket.once('data', resolve).once('error', reject);
  });
  expect([...connack]).toEqual([0x20, 2, 0, 0]);
  return socket;
}

/** Of the certificates that the TLS listeners show now. */
async function serialNumbers(server: Wellhead): Promise<string[]> {
  const numbers: string[] = [];
  for (const listener of ['mqtts', 'wss']) {
    const { port, host } = server.address(listener);
    const socket = connectSecure({ port, host, rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    numbers.push(socket.getPeerCertificate().serialNumber);
    socket.destroy();
  }
  return numbers;
}
