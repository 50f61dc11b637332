import { type Command, Option } from 'commander';
import { type BrokerLimits, defaultLimits } from '@wellhead/broker-core';
import type { Settings } from './command-line.ts';
import type { Durability } from '@wellhead/store-lmdb';
import { type LogFormat, type LogLevel, logFormats, logLevels } from './log.ts';
import {
  notEmpty,
  port,
  sessionExpiry,
  webOrigins,
  webSocketPath,
  wholeNumber,
} from './option-values.ts';
import { type ServerOptions, type TlsOptions, defaultServerOptions } from './server-options.ts';

/** The options of `wellhead start` as commander reads them. */
export interface StartFlags {
  readonly host: string;
  readonly port: number;
  readonly tcp: boolean;
  readonly wsPort: number;
  readonly wsPath: string;
  readonly wsOrigin?: string[];
  readonly ws: boolean;
  readonly tlsPort?: number;
  readonly wssPort?: number;
  readonly cert?: string;
  readonly key?: string;
  readonly unix?: string;
  readonly data: string;
  readonly memory?: true;
  readonly durability: Durability;
  readonly maxDataSize?: number;
  readonly allowAnonymous?: true;
  readonly maxPacketSize: number;
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
  readonly maxInflight: number;
  readonly maxQueuedMessages: number;
  readonly maxQueuedBytes: number;
  readonly maxPendingBytes: number;
  readonly sessionExpiry: number;
  readonly sysInterval: number;
  readonly logLevel: LogLevel;
  readonly verbose?: true;
  readonly logFormat: LogFormat;
}

export function addStartOptions(command: Command): Command {
  addListenerOptions(command.optionsGroup('Listeners (port 0 picks a free port, and says which):'));
  addDataOptions(command.optionsGroup('Data:'));
  command.optionsGroup('Access:');
  command.option(
    '--allow-anonymous',
    'admit everybody from everywhere, not only from this machine',
  );
  addLimitOptions(command.optionsGroup('Limits:'));
  command.optionsGroup('Output:');
  const level = new Option('--log-level <level>', 'the least that is worth a line');
  command.addOption(level.choices(logLevels).default('info'));
  const verbose = new Option('-v, --verbose', 'the same as --log-level debug');
  command.addOption(verbose.conflicts('logLevel'));
  const format = new Option('--log-format <format>', 'lines for people, or for programs');
  command.addOption(format.choices(logFormats).default('text'));
  return command;
}

/** Throws what `refuse` throws when the flags do not go together. */
export function startSettings(flags: StartFlags, refuse: (message: string) => never): Settings {
  const others = [flags.tlsPort, flags.wssPort, flags.unix];
  if (!flags.tcp && !flags.ws && others.every((other) => other === undefined)) {
    const remedy = 'add --tls-port, --wss-port or --unix';
    refuse(`with --no-tcp and --no-ws there is nothing to listen on: ${remedy}`);
  }
  return {
    server: {
      host: flags.host,
      port: flags.tcp && flags.port,
      webSocketPort: flags.ws && flags.wsPort,
      webSocketPath: flags.wsPath,
      webSocketOrigins: flags.wsOrigin,
      tls: tlsOptions(flags, refuse),
      unixPath: flags.unix,
      ...dataOptions(flags),
      allowAnonymous: flags.allowAnonymous,
      limits: limitsOf(flags),
      sysInterval: flags.sysInterval,
    },
    log: { level: flags.verbose ? 'debug' : flags.logLevel, format: flags.logFormat },
  };
}

function addListenerOptions(command: Command): void {
  const { host, port: tcpPort, webSocketPort, webSocketPath: path } = defaultServerOptions;
  command
    .option('--host <host>', 'host name or address to listen on', notEmpty, host)
    .option('-p, --port <port>', 'MQTT over TCP', port, tcpPort)
    .addOption(new Option('--no-tcp', 'no MQTT over TCP').conflicts('port'))
    .option('--ws-port <port>', 'MQTT over WebSocket', port, webSocketPort)
    .option('--ws-path <path>', 'path of the WebSocket', webSocketPath, path)
    .option('--ws-origin <origin...>', 'web pages of other hosts that may connect', webOrigins)
    .addOption(new Option('--no-ws', 'no MQTT over WebSocket').conflicts('wsPort'))
    .option('--tls-port <port>', 'MQTT over TLS; needs --cert and --key', port)
    .option('--wss-port <port>', 'MQTT over WebSocket over TLS; needs --cert and --key', port)
    .option('--cert <file>', 'certificate chain for TLS, PEM', notEmpty)
    .option('--key <file>', 'private key for TLS, PEM', notEmpty)
    .option('--unix <path>', 'MQTT over a Unix domain socket', notEmpty);
}

function addDataOptions(command: Command): void {
  const { durability } = defaultServerOptions;
  const memory = new Option('--memory', 'keep nothing: everything is in memory, lost at exit');
  const limit = 'bytes that data may take, then messages are refused (default: the disk)';
  const size = wholeNumber(SMALLEST_DATA_SIZE, Number.MAX_SAFE_INTEGER);
  command
    .option('--data <dir>', 'keep sessions and messages in this directory', notEmpty, './data')
    .addOption(
      new Option('--durability <kind>', 'acknowledge what is flushed to disk, or what the os has')
        .choices(durabilities)
        .default(durability),
    )
    .option('--max-data-size <bytes>', limit, size)
    .addOption(memory.conflicts(['data', 'durability', 'maxDataSize']));
}

function dataOptions(flags: StartFlags): Partial<ServerOptions> {
  if (flags.memory) return { dataDirectory: undefined };
  const { data, durability, maxDataSize } = flags;
  return { dataDirectory: data, durability, maximumDataSize: maxDataSize };
}

function addLimitOptions(command: Command): void {
  const limits = defaultLimits;
  const count = wholeNumber(1, Number.MAX_SAFE_INTEGER);
  const option = (flag: string, text: string, read: (value: string) => number, value: number) =>
    command.option(flag, text, read, value);
  const packetSize = wholeNumber(16, 268_435_460);
  option('--max-packet-size <bytes>', 'largest packet', packetSize, limits.maximumPacketSize);
  option('--max-connections <n>', 'connections at a time', count, limits.maximumConnections);
  const perAddress = 'the same from one address, such as that of a load balancer';
  const { maximumConnectionsPerAddress } = limits;
  option('--max-connections-per-address <n>', perAddress, count, maximumConnectionsPerAddress);
  const inflight = 'unacknowledged messages to one client';
  option('--max-inflight <n>', inflight, wholeNumber(1, 65_535), limits.maximumInflight);
  const queued = 'messages waiting for one session';
  option('--max-queued-messages <n>', queued, count, limits.maximumQueuedMessages);
  const bytes = 'payload bytes waiting for all sessions together, 8 per Subscription Identifier';
  option('--max-queued-bytes <bytes>', bytes, count, limits.maximumTotalQueuedBytes);
  const pending = 'bytes under way to and from all clients together';
  option('--max-pending-bytes <bytes>', pending, count, limits.maximumTotalPendingBytes);
  const expiry = "life of an MQTT 3.x client's session without it, or never";
  option('--session-expiry <seconds>', expiry, sessionExpiry, limits.legacySessionExpiryInterval);
  const sys = 'time between updates of $SYS topics; 0: none';
  option('--sys-interval <seconds>', sys, wholeNumber(0, 86_400), defaultServerOptions.sysInterval);
}

function tlsOptions(flags: StartFlags, refuse: (message: string) => never): TlsOptions | undefined {
  const { tlsPort, wssPort, cert, key } = flags;
  const anyPort = tlsPort ?? wssPort;
  if (anyPort !== undefined && cert !== undefined && key !== undefined) {
    return { port: tlsPort, webSocketPort: wssPort, certFile: cert, keyFile: key };
  }
  if (anyPort === undefined && cert === undefined && key === undefined) return undefined;
  const given = { '--tls-port or --wss-port': anyPort, '--cert': cert, '--key': key };
  const missing = Object.entries(given).filter(([, value]) => value === undefined);
  const names = missing.map(([name]) => name).join(', ');
  return refuse(`a TLS port, --cert and --key go together; missing: ${names}`);
}

/** Of so many connections, a fifth may be at their beginning at a time, or what is usual if that is more. */
function beginning(connections: number, usual: number): number {
  return Math.max(usual, Math.ceil(connections / 5));
}

function limitsOf(flags: StartFlags): Partial<BrokerLimits> {
  return {
    maximumPacketSize: flags.maxPacketSize,
    maximumConnections: flags.maxConnections,
    maximumConnectionsPerAddress: flags.maxConnectionsPerAddress,
    maximumPendingConnectionsPerAddress: beginning(
      flags.maxConnectionsPerAddress,
      defaultLimits.maximumPendingConnectionsPerAddress,
    ),
    maximumInflight: flags.maxInflight,
    maximumQueuedMessages: flags.maxQueuedMessages,
    maximumTotalQueuedBytes: flags.maxQueuedBytes,
    maximumTotalPendingBytes: flags.maxPendingBytes,
    legacySessionExpiryInterval: flags.sessionExpiry,
  };
}

const durabilities: readonly Durability[] = ['disk', 'os', 'memory'];
/** Less than this leaves no room beside what LMDB and the store keep in reserve. */
const SMALLEST_DATA_SIZE = 1_048_576;
