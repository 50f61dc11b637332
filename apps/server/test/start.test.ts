import { connectAsync } from 'mqtt';
import { expect, test } from 'vitest';
import { start } from '../src/index.ts';

test('a server in process says where it listens, serves, and closes', async () => {
  await using server = await start({ port: 0, webSocketPort: 0 });
  expect(server.addresses.map(({ name, host }) => [name, host])).toEqual([
    ['mqtt', '127.0.0.1'],
    ['ws', '127.0.0.1'],
  ]);
  const received = server.broker.subscribe('#')[Symbol.asyncIterator]();
  for (const { url } of server.addresses) {
    const client = await connectAsync(url, { reconnectPeriod: 0 });
    await client.publishAsync('hello', url, { qos: 1 });
    const message = await received.next();
    expect(new TextDecoder().decode(message.value?.payload)).toBe(url);
    await client.endAsync();
  }
  await server.close();
  await server.close();
});

test('a server that cannot listen everywhere listens nowhere', async () => {
  await using server = await start({ port: 0, webSocketPort: false });
  const webSocketPort = server.addresses[0]?.port ?? 0;
  const second = start({ port: 0, webSocketPort });
  await expect(second).rejects.toMatchObject({ code: 'TRANSPORT_ADDRESS_IN_USE' });
});

test('a limit out of range is a TypeError', async () => {
  await expect(start({ limits: { maximumInflight: 0 } })).rejects.toThrow(TypeError);
});
