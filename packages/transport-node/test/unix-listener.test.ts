import { existsSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Listener, TransportError } from '@wellhead/transport';
import { unixListener } from '@wellhead/transport-node';
import { Log } from './log.ts';
import { Accepted, connectUnix } from './pairs.ts';

describe.skipIf(process.platform === 'win32')('a Unix socket', () => {
  let folder = '';
  let path = '';

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'wellhead-'));
    path = join(folder, 'mqtt.sock');
  });

  afterEach(() => rm(folder, { recursive: true }));

  test('is for owner and group, unless something else is wanted', async () => {
    for (const [mode, expected] of [
      [undefined, 0o660],
      [0o600, 0o600],
    ] as const) {
      const listener = unixListener(mode === undefined ? { path } : { path, mode });
      expect(await listener.listen(new Accepted())).toEqual({
        host: path,
        port: 0,
        url: `unix://${path}`,
      });
      expect(statSync(path).mode & 0o777).toBe(expected);
      await listener.close();
    }
  });

  test('takes its file away when it closes', async () => {
    const listener = unixListener({ path });
    await listener.listen(new Accepted());
    expect(existsSync(path)).toBe(true);
    await listener.close();
    expect(existsSync(path)).toBe(false);
  });

  test('that nobody answers on is replaced', async () => {
    await leaveBehind(path);
    const accepted = new Accepted();
    const listener = unixListener({ path });
    const client = await connectUnix(await listener.listen(accepted));
    const { remote } = await accepted.next();
    expect(remote).toMatchObject({ address: 'unix', loopback: true, transport: 'unix' });
    client.destroy();
    await listener.close();
  });

  test('that somebody answers on is left alone', async () => {
    const accepted = new Accepted();
    const first = unixListener({ path });
    const address = await first.listen(accepted);
    expect((await refusal(unixListener({ path }))).code).toBe('TRANSPORT_ADDRESS_IN_USE');
    (await accepted.next()).destroy(); // the one that looked whether anybody answers
    const client = await connectUnix(address);
    const log = new Log(await accepted.next());
    client.write(Buffer.from('mine'));
    await log.received(4);
    client.destroy();
    await first.close();
  });

  test('does not replace a file that is no socket', async () => {
    writeFileSync(path, 'precious');
    const error = await refusal(unixListener({ path }));
    expect(error.code).toBe('TRANSPORT_ADDRESS_IN_USE');
    expect(error.message).toBe(
      `Cannot listen on ${path}: something that is no socket is there, and stays.`,
    );
    expect(statSync(path).size).toBe(8);
  });

  test('says where it cannot be made', async () => {
    const nowhere = join(folder, 'missing', 'mqtt.sock');
    const error = await refusal(unixListener({ path: nowhere }));
    expect(error.code).toBe('TRANSPORT_LISTEN_FAILED');
    expect(error.message).toBe(`Cannot listen on ${nowhere}: the folder does not exist.`);
  });

  test('is made nowhere else when its path is too long', async () => {
    const long = join(folder, 'long'.repeat(30));
    expect((await refusal(unixListener({ path: long }))).message).toContain('the path has ');
    expect(readdirSync(folder)).toEqual([]);
  });
});

/** A socket file as a killed program leaves it: renamed, so that its server does not take it away. */
async function leaveBehind(path: string): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(`${path}.old`, resolve));
  renameSync(`${path}.old`, path);
  await new Promise((resolve) => server.close(resolve));
}

async function refusal(listener: Listener): Promise<TransportError> {
  const error: unknown = await listener.listen(new Accepted()).catch((reason: unknown) => reason);
  if (!(error instanceof TransportError)) throw new TypeError('it listens, or failed otherwise');
  return error;
}
