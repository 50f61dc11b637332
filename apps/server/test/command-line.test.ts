import { array, assert, constantFrom, oneof, property, string } from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseCommandLine } from '../src/command-line.ts';

const parse = (...args: string[]) => parseCommandLine(args, '1.2.3');

test.each<[string, string[]]>([
  ['no argument', []],
  ['the command', ['start']],
  ['what is the default', ['--data', './data', '--durability', 'disk']],
])('%s starts with the defaults', (_what, args) => {
  expect(parse(...args)).toEqual({
    type: 'start',
    settings: {
      server: {
        host: '127.0.0.1',
        port: 1883,
        webSocketPort: 8083,
        webSocketPath: '/mqtt',
        tls: undefined,
        unixPath: undefined,
        dataDirectory: './data',
        durability: 'disk',
        maximumDataSize: undefined,
        allowAnonymous: undefined,
        limits: {
          maximumPacketSize: 16_777_216,
          maximumConnections: 100_000,
          maximumConnectionsPerAddress: 5_000,
          maximumPendingConnectionsPerAddress: 1_000,
          maximumInflight: 1024,
          maximumQueuedMessages: 250_000,
          maximumTotalQueuedBytes: 4_294_967_296,
          maximumTotalPendingBytes: 536_870_912,
          legacySessionExpiryInterval: 604_800,
        },
        sysInterval: 10,
      },
      log: { level: 'info', format: 'text' },
    },
  });
});

test.each<[string, object]>([
  ['--host ::1', { host: '::1' }],
  ['--port 0 --ws-port 0', { port: 0, webSocketPort: 0 }],
  ['-p 1884', { port: 1884 }],
  ['--ws-path /', { webSocketPath: '/' }],
  ['--no-tcp', { port: false, webSocketPort: 8083 }],
  ['--no-ws', { port: 1883, webSocketPort: false }],
  [
    '--no-tcp --no-ws --unix /run/w.sock',
    { port: false, webSocketPort: false, unixPath: '/run/w.sock' },
  ],
  ['--tls-port 0 --cert c --key k', { tls: { port: 0, certFile: 'c', keyFile: 'k' } }],
  ['--wss-port 0 --cert c --key k', { tls: { webSocketPort: 0, certFile: 'c', keyFile: 'k' } }],
  ['--ws-origin *', { webSocketOrigins: ['*'] }],
  [
    '--ws-origin https://a.example http://10.0.0.5:3000',
    { webSocketOrigins: ['https://a.example', 'http://10.0.0.5:3000'] },
  ],
  ['--data /var/lib/wellhead', { dataDirectory: '/var/lib/wellhead', durability: 'disk' }],
  ['--durability os', { dataDirectory: './data', durability: 'os' }],
  ['--durability memory', { dataDirectory: './data', durability: 'memory' }],
  ['--max-data-size 5000000', { dataDirectory: './data', maximumDataSize: 5_000_000 }],
  ['--memory', { dataDirectory: undefined }],
  ['--allow-anonymous', { allowAnonymous: true }],
  ['--sys-interval 0', { sysInterval: 0 }],
  ['--max-packet-size 65536', { limits: { maximumPacketSize: 65_536 } }],
  ['--max-connections 10', { limits: { maximumConnections: 10 } }],
  [
    '--max-connections-per-address 100',
    { limits: { maximumConnectionsPerAddress: 100, maximumPendingConnectionsPerAddress: 1000 } },
  ],
  [
    '--max-connections-per-address 50000',
    { limits: { maximumConnectionsPerAddress: 50000, maximumPendingConnectionsPerAddress: 10000 } },
  ],
  ['--max-inflight 1', { limits: { maximumInflight: 1 } }],
  ['--max-queued-messages 7', { limits: { maximumQueuedMessages: 7 } }],
  ['--max-queued-bytes 7', { limits: { maximumTotalQueuedBytes: 7 } }],
  ['--max-pending-bytes 9', { limits: { maximumTotalPendingBytes: 9 } }],
  ['--session-expiry 60', { limits: { legacySessionExpiryInterval: 60 } }],
  ['--session-expiry never', { limits: { legacySessionExpiryInterval: 0xffff_ffff } }],
])('start %s', (line, server) => {
  const invocation = parse('start', ...line.split(' '));
  expect(invocation).toMatchObject({ type: 'start', settings: { server } });
  expect(parse(...line.split(' '))).toEqual(invocation);
});

test.each<[string, string]>([
  ['--prot 1', "unknown option '--prot' (Did you mean --port?)"],
  ['start --prot 1', "unknown option '--prot' (Did you mean --port?)"],
  ['strat', "there is no command or argument 'strat'"],
  ['start now', "there is no command or argument 'now'"],
  ['--port', "option '-p, --port <port>' argument missing"],
  ['--port x', "'x' is invalid. It must be a whole number from 0 to 65535."],
  ['--port -1', "'-1' is invalid. It must be a whole number"],
  ['--port 1e3', "'1e3' is invalid. It must be a whole number"],
  ['--port 65536', "'65536' is invalid. It must be a whole number from 0 to 65535."],
  ['--ws-path mqtt', "'mqtt' is invalid. It must begin with a slash, as in /mqtt."],
  ['--host=', 'It must not be empty.'],
  ['--log-level loud', 'Allowed choices are error, warn, info, debug.'],
  ['--log-format xml', 'Allowed choices are text, json.'],
  [
    '--cert c',
    'a TLS port, --cert and --key go together; missing: --tls-port or --wss-port, --key',
  ],
  ['--cert c --key k', 'missing: --tls-port or --wss-port'],
  ['--wss-port 8884 --key k', 'missing: --cert'],
  ['--ws-origin panel.example', 'It must be * or an origin, as in https://panel.example'],
  ['--ws-origin https://panel.example/path', 'It must be * or an origin'],
  ['--tls-port 8883 --key k', 'missing: --cert'],
  ['-c mosquitto.conf', "unknown option '-c': there is no configuration file"],
  ['-d', "unknown option '-d': it stays in the foreground"],
  ['-v --log-level warn', "cannot be used with option '--log-level <level>'"],
  ['--no-tcp -p 1', "'--no-tcp' cannot be used with option '-p, --port <port>'"],
  ['--no-tcp --port 1', "'--no-tcp' cannot be used with option '-p, --port <port>'"],
  ['--no-ws --ws-port 1', "'--no-ws' cannot be used with option '--ws-port <port>'"],
  ['--no-tcp --no-ws', 'there is nothing to listen on'],
  ['--data=', 'It must not be empty.'],
  ['--data d --memory', "'--memory' cannot be used with option '--data <dir>'"],
  ['--memory --durability os', "cannot be used with option '--durability <kind>'"],
  ['--memory --max-data-size 2000000', "cannot be used with option '--max-data-size <bytes>'"],
  ['--durability none', 'Allowed choices are disk, os, memory.'],
  ['--max-data-size 1000', 'from 1048576 to'],
  ['store', 'store needs a command: info, check, export, import'],
  ['store inf d', "unknown command 'inf' (Did you mean info?)"],
  ['store info', "missing required argument 'dir'"],
  ['store info --port 1 d', "unknown option '--port'"],
  ['store check d e', 'too many arguments'],
  ['store check d --json', "unknown option '--json'"],
  ['--max-packet-size 15', 'from 16 to 268435460'],
  ['--max-inflight 65536', 'from 1 to 65535'],
  ['--session-expiry 0', 'from 1 to 4294967294'],
  ['--sys-interval 1.5', 'from 0 to 86400'],
])('%s is refused in one line', (line, complaint) => {
  const invocation = parse(...line.split(' '));
  if (invocation.type !== 'refusal') throw new Error(`it is a ${invocation.type}`);
  expect(invocation.message).toContain(complaint);
  expect(invocation.message).not.toContain('\n');
});

test.each<[string, object]>([
  ['info d', { name: 'info', directory: 'd', json: false }],
  ['info --json d', { name: 'info', directory: 'd', json: true }],
  ['check ./d', { name: 'check', directory: './d' }],
  ['export d', { name: 'export', directory: 'd', file: undefined }],
  ['export d -', { name: 'export', directory: 'd', file: undefined }],
  ['export d lines', { name: 'export', directory: 'd', file: 'lines' }],
  ['import d', { name: 'import', directory: 'd', file: undefined }],
  ['import d lines', { name: 'import', directory: 'd', file: 'lines' }],
])('store %s', (line, command) => {
  expect(parse('store', ...line.split(' '))).toEqual({ type: 'store', command });
});

test.each(['info', 'check', 'export', 'import'])('store %s --help says what it does', (name) => {
  for (const line of [`store ${name} --help`, `store help ${name}`]) {
    const invocation = parse(...line.split(' '));
    if (invocation.type !== 'text') throw new Error(`it is a ${invocation.type}`);
    expect(invocation.text).toMatch(new RegExp(`^Usage: wellhead store ${name} `));
    expect(invocation.text).toContain('<dir>');
  }
});

test.each(['--version', '-V', 'start --version', 'start -V', '--port 1 --version'])(
  '%s',
  (line) => {
    expect(parse(...line.split(' '))).toEqual({ type: 'text', text: '1.2.3\n' });
  },
);

test.each<[string, object]>([
  ['', { level: 'info', format: 'text' }],
  ['--log-level warn', { level: 'warn' }],
  ['-v', { level: 'debug' }],
  ['--verbose --log-format json', { level: 'debug', format: 'json' }],
])('start %s logs so much, in that form', (line, log) => {
  const args = line.split(' ').filter((arg) => arg !== '');
  expect(parse('start', ...args)).toMatchObject({ settings: { log } });
});

test.each(['--help', '-h', 'help', 'start --help', 'help start'])(
  '%s names the options of the README, with the same defaults, and no others',
  (line) => {
    const invocation = parse(...line.split(' '));
    if (invocation.type !== 'text') throw new Error(`it is a ${invocation.type}`);
    expect(optionsOfHelp(invocation.text)).toEqual(optionsOfReadme());
  },
);

/** Flags to default, `-p` and `--port <port>` apart; empty where help tells none. */
type OptionDefaults = Record<string, string>;

function optionsOfHelp(text: string): OptionDefaults {
  const options: OptionDefaults = {};
  for (const [row] of text.matchAll(/^ {2}-.*(?:\n {20,}.*)*/gm)) {
    const [flags = '', ...said] = row.trim().split(/ {2,}|\n +/);
    const value = /default: "?([^")]+)"?\)/.exec(said.join(' '))?.[1] ?? '';
    for (const flag of flags.split(', ')) options[flag] = flag.startsWith('--') ? value : '';
  }
  return options;
}

/** Of the first table of options. A switch is off by default, which help does not say. */
function optionsOfReadme(): OptionDefaults {
  const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8');
  const options: OptionDefaults = {};
  for (const [, names = '', value = ''] of readme.matchAll(/^\| (`-[^|]*) \| ([^|]*?) ?\|/gm)) {
    for (const [, flag = ''] of names.matchAll(/`(-[^`]+)`/g)) {
      const hasDefault = flag.includes('<') && value !== 'none';
      options[flag] = hasDefault ? value : '';
    }
  }
  return options;
}

test('any command line is a start, a text, or a refusal in one line', () => {
  const flags = constantFrom(
    'start',
    'help',
    'store',
    'info',
    '--port',
    '--data',
    '--no-ws',
    '--cert',
    '--',
    '-',
    '--host',
    '0',
  );
  assert(
    property(array(oneof(flags, string())), (args) => {
      const invocation = parse(...args);
      if (invocation.type === 'refusal') expect(invocation.message).not.toMatch(/[\r\n]/);
    }),
  );
});
