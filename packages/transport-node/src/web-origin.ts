import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { isLoopback } from '@wellhead/transport/duplex';

/**
 * Whether the web page that asks for a WebSocket may have it. A browser lets every page ask, and tells in
 * `Origin` which one it was; programs send none. A page of the host that the request is for may, and
 * those in `allowed`, which holds origins such as `https://panel.example`, or `*` for all.
 *
 * Of a browser on this machine (`isLocal`) the host has to be this machine by one of its own names: others can
 * be made to point here by whoever owns them.
 */
export function isAllowedOrigin(
  { headers }: IncomingMessage,
  allowed: readonly string[],
  isLocal: boolean,
): boolean {
  const { host, origin } = headers;
  if (origin === undefined || allowed.includes('*')) return true;
  if (allowed.some((one) => one.toLowerCase() === origin.toLowerCase())) return true;
  const page = hostOf(origin);
  if (page === undefined || page !== hostOf(`http://${host ?? ''}`)) return false;
  return !isLocal || page === THIS_MACHINE || isIP(page) > 0;
}

/** The host of a URL without its port; all names of this machine's loopback are one. */
function hostOf(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { hostname } = new URL(url);
  const address = hostname.replace(/^\[(.*)\]$/, '$1');
  if (isIP(address) > 0) return isLoopback(address) ? THIS_MACHINE : address;
  return hostname.endsWith('.localhost') ? THIS_MACHINE : hostname;
}

const THIS_MACHINE = 'localhost';
