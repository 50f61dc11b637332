import type { StoreSizes } from '@wellhead/session-store';
import type { Durability } from '@wellhead/store-lmdb';
import type { DataPlace } from './open-store.ts';
import type { ServedAddress, Server } from './start.ts';

/** What somebody who has just started a broker wants to know, in a few lines. */
export function greeting(
  version: string,
  { addresses, data, found }: Pick<Server, 'addresses' | 'data' | 'found'>,
): string {
  const rows = [
    ...addresses.map(({ name, url }) => [name, url]),
    ...whereDataIs(data, found).map((line, index) => [index === 0 ? 'data' : '', line]),
    ...howToTry(addresses).map((line, index) => [index === 0 ? 'try' : '', line]),
    ['stop', 'Ctrl-C'],
  ];
  const lines = rows.map(([name = '', text = '']) => `  ${name.padEnd(6)} ${text}`);
  return [`Wellhead ${version} serves MQTT 3.1, 3.1.1 and 5.0:`, ...lines, ''].join('\n');
}

function whereDataIs(data: DataPlace | undefined, found: StoreSizes): string[] {
  if (data === undefined) {
    return ['in memory: sessions, queued and retained messages are lost at exit'];
  }
  const { sessions, deliveries, retained } = found;
  const kept = [
    counted(sessions, 'session'),
    counted(deliveries, 'queued message'),
    counted(retained, 'retained message'),
  ];
  const isEmpty = sessions + retained === 0;
  return [
    data.directory,
    DURABILITY[data.durability],
    ...(isEmpty ? [] : [`found there: ${kept.join(', ')}`]),
  ];
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function howToTry(addresses: readonly ServedAddress[]): string[] {
  const tcp = addresses.find(({ name }) => name === 'mqtt');
  if (tcp !== undefined) {
    const place = `-h ${clientHost(tcp.host)} -p ${tcp.port}`;
    return [
      `mosquitto_sub ${place} -t 'test/#' -v`,
      `mosquitto_pub ${place} -t test/hello -m hello`,
    ];
  }
  const webSocket = addresses.find(({ name }) => name === 'ws');
  if (webSocket !== undefined) {
    const place = `-l ws -h ${clientHost(webSocket.host)} -p ${webSocket.port}`;
    const path = `--path ${new URL(webSocket.url).pathname}`;
    return [`npx mqtt sub ${place} ${path} -t 'test/#' -v`];
  }
  const unix = addresses.find(({ name }) => name === 'unix');
  if (unix === undefined) return [];
  return [
    `mosquitto_sub --unix ${unix.host} -t 'test/#' -v`,
    `mosquitto_pub --unix ${unix.host} -t test/hello -m hello`,
  ];
}

/** What listens on every address is reached on this machine's own. */
function clientHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}

const DURABILITY: Readonly<Record<Durability, string>> = {
  disk: 'what is acknowledged is on the disk, and survives a crash and a power loss',
  os: 'what is acknowledged survives a crash of the broker, but perhaps not a power loss',
  memory: 'written behind: a crash may lose what was acknowledged in the last moments',
};
