import type { ServedAddress } from './start.ts';

/** What somebody who has just started a broker wants to know, in a few lines. */
export function greeting(version: string, addresses: readonly ServedAddress[]): string {
  const rows = [
    ...addresses.map(({ name, url }) => [name, url]),
    ['data', 'in memory: sessions, queued and retained messages are lost at exit'],
    ...howToTry(addresses).map((line, index) => [index === 0 ? 'try' : '', line]),
    ['stop', 'Ctrl-C'],
  ];
  const lines = rows.map(([name = '', text = '']) => `  ${name.padEnd(6)} ${text}`);
  return [`Wellhead ${version} serves MQTT 3.1, 3.1.1 and 5.0:`, ...lines, ''].join('\n');
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
  return unix === undefined ? [] : [`mosquitto_sub --unix ${unix.host} -t 'test/#' -v`];
}

/** What listens on every address is reached on this machine's own. */
function clientHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}
