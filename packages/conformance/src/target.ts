/** Where a server listens, and who to be there. */
export interface Target {
  readonly transport: 'tcp' | 'ws';
  readonly host: string;
  readonly port: number;
  /** The whole URL of a WebSocket target, without user and password. */
  readonly url: string;
  readonly userName: string | undefined;
  readonly password: string | undefined;
}

/** `mqtt://[user:password@]host[:port]`, `tcp://…`, `ws://…[/path]`; throws TypeError with one clear line. */
export function parseTarget(text: string): Target {
  const url = parseUrl(text);
  const protocol = url.protocol;
  const isWebSocket = protocol === 'ws:' || protocol === 'wss:';
  if (!isWebSocket && protocol !== 'mqtt:' && protocol !== 'tcp:') {
    throw new TypeError(`${text}: expected mqtt://host:port or ws://host:port/path`);
  }
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (host === '') throw new TypeError(`${text}: names no host`);
  const port = url.port === '' ? defaultPorts[protocol] : Number(url.port);
  const path = isWebSocket ? `${url.pathname}${url.search}` : '';
  return {
    transport: isWebSocket ? 'ws' : 'tcp',
    host,
    port: port ?? 1883,
    url: `${protocol}//${url.host}${path}`,
    userName: url.username === '' ? undefined : decodeURIComponent(url.username),
    password: url.password === '' ? undefined : decodeURIComponent(url.password),
  };
}

function parseUrl(text: string): URL {
  const full = text.includes('://') ? text : `mqtt://${text}`;
  if (!URL.canParse(full)) throw new TypeError(`${text}: not a URL such as mqtt://host:port`);
  return new URL(full);
}

const defaultPorts: { readonly [protocol: string]: number } = {
  'mqtt:': 1883,
  'tcp:': 1883,
  'ws:': 80,
  'wss:': 443,
};
