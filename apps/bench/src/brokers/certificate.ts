import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { BrokerStartError } from './broker-process.ts';
import type { Cleanup } from './cleanup.ts';

/** The files of a certificate of this run. */
export interface Certificate {
  readonly certFile: string;
  readonly keyFile: string;
}

/** Makes a certificate that nobody needs to trust, with an EC key, as servers have today. */
export async function makeCertificate(cleanup: Cleanup): Promise<Certificate> {
  const folder = await mkdtemp(join(tmpdir(), 'wellhead-bench-'));
  cleanup.defer(() => rm(folder, { recursive: true, force: true }));
  const certFile = join(folder, 'cert.pem');
  const keyFile = join(folder, 'key.pem');
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const names = ['-subj', '/CN=localhost', '-days', '2'];
  try {
    await run('openssl', [
      'req',
      '-x509',
      ...curve,
      ...names,
      '-keyout',
      keyFile,
      '-out',
      certFile,
    ]);
  } catch (cause) {
    throw new BrokerStartError('TLS needs the program openssl, to make a certificate.', { cause });
  }
  // a broker that gives up root's privileges has to read them too
  await chmod(folder, 0o755);
  await chmod(keyFile, 0o644);
  return { certFile, keyFile };
}

const run = promisify(execFile);
