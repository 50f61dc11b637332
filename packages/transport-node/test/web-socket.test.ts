import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type RawData, WebSocket, WebSocketServer } from 'ws';
import type {
  Connection,
  ConnectionReceiver,
  Listener,
  ListeningAddress,
} from '@wellhead/transport';
import { attachWebSocket, webSocketListener } from '@wellhead/transport-node';
import { Log } from './log.ts';
import { Accepted, portOf } from './pairs.ts';

describe('a WebSocket listener', () => {
  let accepted: Accepted;
  let listener: Listener;
  let address: ListeningAddress;

  beforeEach(async () => {
    accepted = new Accepted();
    listener = webSocketListener({ port: 0, maxPayload: 1000, closeTimeout: 100 });
    address = await listener.listen(accepted);
  });

  afterEach(() => listener.close());

  test.each([
    ['[MQTT-6.0.0-4] "mqtt"', ['mqtt'], 'mqtt'],
    ['[MQTT-6.0.0-4 @3.1.1] "mqtt" among others', ['chat', 'mqttv3.1', 'mqtt'], 'mqtt'],
    ['the name of MQTT 3.1', ['mqttv3.1'], 'mqttv3.1'],
  ])('selects %s', async (_name, offered, expected) => {
    const client = new WebSocket(address.url, offered);
    await opened(client);
    expect(client.protocol).toBe(expected);
    client.terminate();
  });

  test.each<[string, string[], string, number]>([
    ['[MQTT-6.0.0-3] no subprotocol', [], '/mqtt', 400],
    ['[MQTT-6.0.0-3 @3.1.1] other subprotocols', ['chat', 'MQTT', 'mqtt5'], '/mqtt', 400],
    ['another path', ['mqtt'], '/other', 404],
    ['a longer path', ['mqtt'], '/mqtt/more', 404],
  ])('refuses %s', async (_name, offered, path, status) => {
    const url = address.url.replace('/mqtt', path);
    expect(await refusedStatus(new WebSocket(url, offered))).toBe(status);
    const reason = status === 404 ? `no MQTT at ${path}, but at /mqtt` : 'was not offered';
    expect(accepted.refusals.at(-1)).toContain(reason);
  });

  test.each<[string, { origin?: string; host?: string }]>([
    ['a program, which has none', {}],
    ['a page of the same host and port', { origin: 'http://127.0.0.1:8083' }],
    ['a page of the same host and another port', { origin: 'http://127.0.0.1:3000' }],
    ['a page of this machine by another name', { origin: 'https://localhost' }],
    ['a page of this machine by its other address', { origin: 'http://[::1]:3000' }],
    [
      'a page of an address of this machine',
      { origin: 'http://192.0.2.7', host: '192.0.2.7:8083' },
    ],
  ])('serves the web pages of its own host: %s', async (_name, headers) => {
    const client = new WebSocket(address.url, ['mqtt'], { headers });
    await opened(client);
    client.terminate();
  });

  test.each<[string, { origin: string; host?: string }]>([
    ['another host', { origin: 'https://evil.example' }],
    ['a page of no host', { origin: 'null' }],
    ['a host that begins alike', { origin: 'https://a.example.evil', host: 'a.example' }],
    ['a host that ends alike', { origin: 'https://evil-a.example', host: 'a.example' }],
    ['a name that was made to point here', { origin: 'http://a.example', host: 'a.example:8083' }],
    ['no URL at all', { origin: '127.0.0.1', host: '127.0.0.1' }],
  ])('refuses the web pages of others: %s', async (_name, headers) => {
    const client = new WebSocket(address.url, ['mqtt'], { headers });
    expect(await refusedStatus(client)).toBe(403);
    expect(accepted.refusals.at(-1)).toContain(
      `The web page ${headers.origin} is of another host name`,
    );
  });

  test.each([
    [['https://panel.example'], 'https://panel.example', 101],
    [['HTTPS://Panel.Example'], 'https://panel.example', 101],
    [['https://panel.example'], 'http://panel.example', 403],
    [['https://panel.example'], 'https://panel.example:8443', 403],
    [['*'], 'null', 101],
  ])('with allowedOrigins %o, a page of %s gets %i', async (allowedOrigins, origin, status) => {
    const open = webSocketListener({ port: 0, allowedOrigins });
    const { url } = await open.listen(new Accepted());
    const client = new WebSocket(url, ['mqtt'], { origin });
    if (status === 101) await opened(client);
    else expect(await refusedStatus(client)).toBe(status);
    client.terminate();
    await open.close();
  });

  test('looks at the path without its query', async () => {
    const client = new WebSocket(`${address.url}?token=1`, ['mqtt']);
    await opened(client);
    client.terminate();
  });

  test.each([
    ['/mqtt', 426],
    ['/', 404],
  ])('answers a plain request for %s with %s', async (path, status) => {
    expect((await request(address, path)).statusCode).toBe(status);
  });

  test('takes headers of a bounded size only', async () => {
    const { statusCode } = await request(address, '/mqtt', { 'x-large': 'x'.repeat(10_000) });
    expect(statusCode).toBe(431);
  });

  test('a client that comes from this machine is known as such', async () => {
    const [client, connection] = await connected(address, accepted);
    expect(connection.remote).toMatchObject({
      address: '127.0.0.1',
      loopback: true,
      secure: false,
      transport: 'ws',
    });
    client.terminate();
  });

  test.each([
    ['[MQTT-6.0.0-1] a text frame', 'hello'],
    ['[MQTT-6.0.0-1 @3.1.1] an empty text frame', ''],
  ])('%s closes the connection', async (_name, text) => {
    const [client, connection] = await connected(address, accepted);
    const log = new Log(connection);
    const closing = closedWith(client);
    client.send(text);
    expect(await closing).toBe(1003);
    expect(await log.ended).toBe('TRANSPORT_FRAME_REFUSED');
    expect(log.chunks).toEqual([]);
  });

  test('a message over the limit closes the connection', async () => {
    const [client, connection] = await connected(address, accepted);
    const log = new Log(connection);
    const closing = closedWith(client);
    client.send(Buffer.alloc(1001));
    expect(await closing).toBe(1009);
    expect(await log.ended).toBe('TRANSPORT_FRAME_REFUSED');
  });

  test('[MQTT-6.0.0-2] bytes arrive whatever the frames', async () => {
    const [client, connection] = await connected(address, accepted);
    const log = new Log(connection);
    client.send(Buffer.from('ab'));
    client.send(Buffer.from('c'), { fin: false });
    client.send(Buffer.from('d'), { fin: true });
    client.send(Buffer.alloc(0));
    client.send(Buffer.from('ef'));
    await log.received(6);
    expect(log.text).toBe('abcdef');
    client.terminate();
  });

  test('each write is one binary message', async () => {
    const [client, connection] = await connected(address, accepted);
    const messages: string[] = [];
    client.on('message', (data, isBinary) => messages.push(`${isBinary} ${textOf(data)}`));
    const closing = closedWith(client);
    connection.start(new Silent());
    connection.write(Buffer.from('a'));
    connection.writev([Buffer.from('b'), Buffer.from('c')]);
    connection.writev([Buffer.from('d')]);
    connection.close();
    await closing;
    expect(messages).toEqual(['true a', 'true bc', 'true d']);
  });

  test('an end without a closing handshake is an error', async () => {
    const [client, connection] = await connected(address, accepted);
    const log = new Log(connection);
    client.terminate();
    expect(await log.ended).toBe('TRANSPORT_CONNECTION_LOST');
  });

  test('a ping is answered', async () => {
    const [client, connection] = await connected(address, accepted);
    connection.start(new Silent());
    const pong = new Promise((resolve) => client.once('pong', (data) => resolve(String(data))));
    client.ping('are you there');
    expect(await pong).toBe('are you there');
    client.terminate();
  });

  test('a peer that does not answer the closing frame is cut off', async () => {
    const [client, connection] = await connected(address, accepted);
    const log = new Log(connection);
    client.pause();
    connection.close();
    expect(await log.ended).toBe('in order');
    client.terminate();
  });

  test('closing ends requests that were not upgraded, and no connection', async () => {
    const [client, connection] = await connected(address, accepted);
    const log = new Log(connection);
    const idle = connect(address.port, address.host);
    await new Promise((resolve) => idle.once('connect', resolve));
    const idleEnded = new Promise((resolve) => idle.once('close', resolve));
    idle.write('GET /mqtt HTTP/1.1\r\n');
    idle.on('error', () => {});
    await request(address, '/'); // the idle one was accepted before this one
    await listener.close();
    await idleEnded;
    client.send(Buffer.from('still there'));
    await log.received(11);
    client.close();
    expect(await log.ended).toBe('in order');
  });
});

describe('WebSocket on an http server', () => {
  let server: Server;
  let address: ListeningAddress;

  beforeEach(async () => {
    server = createServer((_request, response) => response.end('the application'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    address = {
      host: '127.0.0.1',
      port: portOf(server),
      url: `ws://127.0.0.1:${portOf(server)}/mqtt`,
    };
  });

  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  test('says where it listens, as far as that is known', async () => {
    const listener = attachWebSocket(server);
    expect(await listener.listen(new Accepted())).toEqual(address);
    expect(await attachWebSocket(createServer()).listen(new Accepted())).toEqual({
      host: '',
      port: 0,
      url: 'ws:/mqtt',
    });
  });

  test('leaves requests and other upgrades to others', async () => {
    const accepted = new Accepted();
    await attachWebSocket(server, { path: '/mqtt' }).listen(accepted);
    const others = new WebSocketServer({ noServer: true });
    server.on('upgrade', (incoming, socket, head) => {
      if (incoming.url === '/chat')
        others.handleUpgrade(incoming, socket, head, (chat) => chat.send('hello'));
    });
    expect((await request(address, '/')).statusCode).toBe(200);
    const chat = new WebSocket(address.url.replace('/mqtt', '/chat'));
    expect(
      await new Promise((resolve) => chat.once('message', (data) => resolve(textOf(data)))),
    ).toBe('hello');
    chat.terminate();
    const [client, connection] = await connected(address, accepted);
    expect(connection.remote.transport).toBe('ws');
    client.terminate();
  });

  test('answers upgrades that nobody wants, once', async () => {
    await attachWebSocket(server, { path: '/mqtt' }).listen(new Accepted());
    await attachWebSocket(server, { path: '/second' }).listen(new Accepted());
    const url = address.url.replace('/mqtt', '/chat');
    expect(await refusedStatus(new WebSocket(url, ['mqtt']))).toBe(404);
  });

  test('is gone when it is closed', async () => {
    const listener = attachWebSocket(server);
    await listener.close();
    await listener.listen(new Accepted());
    await listener.close();
    expect(server.listenerCount('upgrade')).toBe(0);
  });
});

/** A receiver for what nobody looks at. */
class Silent implements ConnectionReceiver {
  data(): void {}
  drain(): void {}
  closed(): void {}
}

function textOf(data: RawData): string {
  return Buffer.isBuffer(data) ? data.toString() : '';
}

async function connected(
  address: ListeningAddress,
  accepted: Accepted,
): Promise<[WebSocket, Connection]> {
  const client = new WebSocket(address.url, ['mqtt']);
  const [connection] = await Promise.all([accepted.next(), opened(client)]);
  return [client, connection];
}

function opened(client: WebSocket): Promise<void> {
  return new Promise((resolve, reject) => client.once('open', resolve).once('error', reject));
}

function closedWith(client: WebSocket): Promise<number> {
  return new Promise((resolve) => client.once('close', resolve));
}

function refusedStatus(client: WebSocket): Promise<number | undefined> {
  return new Promise((resolve) => {
    client.once('error', () => {});
    client.once('unexpected-response', (_request, response) => {
      resolve(response.statusCode);
      response.resume();
    });
  });
}

function request(
  { host, port }: ListeningAddress,
  path: string,
  headers = {},
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    get({ host, port, path, headers }, (response) => resolve(response.resume())).once(
      'error',
      reject,
    );
  });
}
