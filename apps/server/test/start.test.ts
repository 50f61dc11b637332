import { getActiveResourcesInfo } from 'node:process';
import { connectAsync } from 'mqtt';
import { expect, test } from 'vitest';
import { type ServerOptions, start } from '../src/index.ts';
import { withFolder } from './temporary-folder.ts';

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
  // what is closed is gone some turns later
  for (let turn = 0; turn < 1000 && listening() > 1; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(listening()).toBe(1); // that of the first server
});

/** TCP sockets of this process on which something listens. */
function listening(): number {
  return getActiveResourcesInfo().filter((name) => name === 'TCPServerWrap').length;
}

test('a server on a directory finds there what an earlier one has kept, and holds it alone', async () => {
  await withFolder(async (folder) => {
    const options = { port: 0, webSocketPort: false, dataDirectory: folder } as const;
    {
      await using server = await start(options);
      expect(server.data).toEqual({ directory: folder, durability: 'disk' });
      expect(server.found).toMatchObject({ sessions: 0, retained: 0 });
      await expect(start(options)).rejects.toMatchObject({ code: 'STORE_IN_USE' });
      await server.broker.publish({ topicName: 'kept', payload: 'yes', qos: 1, retain: true });
    }
    await using server = await start({ ...options, durability: 'os' });
    expect(server.found).toMatchObject({ retained: 1 });
  });
});

test.each<[string, ServerOptions, string]>([
  ['an address is not ours', { port: 0, host: '192.0.2.1' }, '192.0.2.1'],
  ['a limit is out of range', { port: 0, limits: { maximumInflight: 0 } }, 'maximumInflight'],
])('when it fails because %s, the directory is free again', async (_what, failing, why) => {
  await withFolder(async (folder) => {
    const options = { webSocketPort: false, dataDirectory: folder } as const;
    await expect(start({ ...options, ...failing })).rejects.toThrow(why);
    await using server = await start({ ...options, port: 0 });
    expect(server.data?.directory).toBe(folder);
  });
});

test('without a directory the data is in memory', async () => {
  await using server = await start({ port: 0, webSocketPort: false });
  expect(server.data).toBeUndefined();
});

test('a limit out of range is a TypeError', async () => {
  await expect(start({ limits: { maximumInflight: 0 } })).rejects.toThrow(TypeError);
});
