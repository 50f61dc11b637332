import { array, assert, constantFrom, oneof, property, string } from 'fast-check';
import { expect, test } from 'vitest';
import { parseCommandLine } from '../src/command-line.ts';

const parse = (...args: string[]) => parseCommandLine(args, '1.2.3');

test.each<[string, string[]]>([
  ['no argument', []],
  ['the command', ['start']],
  ['the store that is the default', ['--memory']],
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
        allowAnonymous: undefined,
        limits: {
          maximumPacketSize: 16_777_216,
          maximumConnections: 100_000,
          maximumInflight: 1024,
          maximumQueuedMessages: 250_000,
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
  ['--ws-path /', { webSocketPath: '/' }],
  ['--no-tcp', { port: false, webSocketPort: 8083 }],
  ['--no-ws', { port: 1883, webSocketPort: false }],
  [
    '--no-tcp --no-ws --unix /run/w.sock',
    { port: false, webSocketPort: false, unixPath: '/run/w.sock' },
  ],
  ['--tls-port 0 --cert c --key k', { tls: { port: 0, certFile: 'c', keyFile: 'k' } }],
  ['--allow-anonymous', { allowAnonymous: true }],
  ['--sys-interval 0', { sysInterval: 0 }],
  ['--max-packet-size 65536', { limits: { maximumPacketSize: 65_536 } }],
  ['--max-connections 10', { limits: { maximumConnections: 10 } }],
  ['--max-inflight 1', { limits: { maximumInflight: 1 } }],
  ['--max-queued-messages 7', { limits: { maximumQueuedMessages: 7 } }],
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
  ['--port', "option '--port <port>' argument missing"],
  ['--port x', "'x' is invalid. It must be a whole number from 0 to 65535."],
  ['--port -1', "'-1' is invalid. It must be a whole number"],
  ['--port 1e3', "'1e3' is invalid. It must be a whole number"],
  ['--port 65536', "'65536' is invalid. It must be a whole number from 0 to 65535."],
  ['--ws-path mqtt', "'mqtt' is invalid. It must begin with a slash, as in /mqtt."],
  ['--host=', 'It must not be empty.'],
  ['--log-level loud', 'Allowed choices are error, warn, info, debug.'],
  ['--log-format xml', 'Allowed choices are text, json.'],
  ['--cert c', '--tls-port, --cert and --key go together; missing: --tls-port, --key'],
  ['--cert c --key k', 'missing: --tls-port'],
  ['--tls-port 8883 --key k', 'missing: --cert'],
  ['--no-tcp --port 1', "'--no-tcp' cannot be used with option '--port <port>'"],
  ['--no-ws --ws-port 1', "'--no-ws' cannot be used with option '--ws-port <port>'"],
  ['--no-tcp --no-ws', 'there is nothing to listen on'],
  ['--data d', '--data is not available yet'],
  ['--data d --memory', "'--data <dir>' cannot be used with option '--memory'"],
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

test.each(['--version', '-V', 'start --version', 'start -V', '--port 1 --version'])(
  '%s',
  (line) => {
    expect(parse(...line.split(' '))).toEqual({ type: 'text', text: '1.2.3\n' });
  },
);

test.each(['--help', '-h', 'help', 'start --help', 'help start'])(
  '%s names every option',
  (line) => {
    const invocation = parse(...line.split(' '));
    if (invocation.type !== 'text') throw new Error(`it is a ${invocation.type}`);
    for (const option of ['--host', '--port', '--tls-port', '--data', '--log-level', '--version']) {
      expect(invocation.text).toContain(option);
    }
  },
);

test('any command line is a start, a text, or a refusal in one line', () => {
  const flags = constantFrom(
    'start',
    'help',
    '--port',
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
