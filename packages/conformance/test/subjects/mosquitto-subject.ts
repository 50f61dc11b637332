import { execFile, type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { mosquittoFiles, mosquittoFixtures } from './mosquitto-configuration.ts';

/** Mosquitto in processes of its own, with those fixtures of the suite that it can be configured for. */
export interface MosquittoSubject extends AsyncDisposable {
  readonly target: string;
  readonly webSocket: string;
  /** `name=value` for each fixture. */
  readonly fixtures: readonly string[];
}

/** `2.0.11`; undefined where there is no mosquitto. */
export async function installedMosquitto(): Promise<string | undefined> {
  // it exits with a failure after its help
  const { stdout } = await promisify(execFile)(program, ['-h'], { env }).catch(
    (error: { stdout?: string }) => ({ stdout: error.stdout ?? '' }),
  );
  return /^mosquitto version (\S+)/m.exec(stdout)?.[1];
}

/** Several processes, because most of its settings are for all listeners of one; free ports. */
export async function startMosquitto(): Promise<MosquittoSubject> {
  const folder = mkdtempSync(join(tmpdir(), 'wellhead-mosquitto-'));
  const children: ChildProcess[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(children.map(ended));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    return { ...(await startAll(folder, children)), [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startAll(
  folder: string,
  children: ChildProcess[],
): Promise<Omit<MosquittoSubject, keyof AsyncDisposable>> {
  const [open = 0, ws = 0, users = 0, rights = 0, limited = 0, fewer = 0] = await freePorts(6);
  const ports = { open, ws, users, rights, limited, fewer };
  const files = mosquittoFiles(ports, folder, userInfo().username);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  await promisify(execFile)('mosquitto_passwd', ['-U', join(folder, 'passwords')], { env });
  await Promise.all(
    Object.keys(files)
      .filter((name) => name.endsWith('.conf'))
      .map((name) => start(join(folder, name), children)),
  );
  return {
    target: `mqtt://127.0.0.1:${open}`,
    webSocket: `ws://127.0.0.1:${ws}`,
    fixtures: mosquittoFixtures(ports),
  };
}

/** Resolves when it serves; rejects with what it said when it ended before. */
async function start(configuration: string, children: ChildProcess[]): Promise<void> {
  const child = spawn(program, ['-c', configuration], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  children.push(child);
  const said: string[] = [];
  for await (const line of createInterface({ input: child.stderr })) {
    said.push(line);
    if (line.endsWith('running')) {
      child.stderr.resume();
      return;
    }
  }
  throw new Error(`mosquitto ended: ${said.join('\n')}`);
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill();
  await once(child, 'exit');
}

/** Mosquitto cannot say which port it was given, so it is told one that was free just now. */
async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  const ports = await Promise.all(
    servers.map(async (server) => {
      await once(server, 'listening');
      const address = server.address();
      return typeof address === 'object' && address !== null ? address.port : 0;
    }),
  );
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}

const program = 'mosquitto';
// Debian has it where only root looks
const env = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin` };
