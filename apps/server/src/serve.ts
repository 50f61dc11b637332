import type { Settings } from './command-line.ts';
import { greeting } from './greeting.ts';
import { type Log, createLog } from './log.ts';
import { LogObserver, errorFields } from './log-observer.ts';
import { MemoryReturn } from './memory-return.ts';
import { packageVersion } from './package-version.ts';
import { type ServedAddress, type Server, start } from './start.ts';
import type { StoreDamage } from '@wellhead/store-lmdb';
import { isLoopback } from '@wellhead/transport-node';
import { StopSignals } from './stop-signals.ts';
import { enoughYoung, limitYoungGeneration } from './young-generation.ts';

/** Runs a broker until a signal ends it; resolves with the exit status. */
export async function serve(settings: Settings): Promise<number> {
  const isInMemory = settings.server.dataDirectory === undefined;
  limitYoungGeneration(isInMemory ? enoughYoung.inMemory : enoughYoung.onDisk);
  const log = createLog(settings.log);
  let server: Server | undefined;
  const onReload = (): void => reload(log, server);
  const onOther = (): void =>
    log.logger.info({ signal: 'SIGUSR2' }, 'nothing is done for this signal');
  using signals = new StopSignals(() => log.flush(), onReload, onOther);
  using _watch = watchUncaught(log);
  using observer = new LogObserver(log.logger);
  try {
    const onDamage = (damage: StoreDamage): void => tellDamage(log, damage);
    server = await start({ ...settings.server, observer, onDamage });
  } catch (error) {
    refuse(log, error);
    return 1;
  }
  announce(log, server, settings);
  const { broker } = server;
  using _memory = new MemoryReturn(() => broker.counters);
  const signal = await signals.first;
  log.logger.info({ signal }, 'stopping');
  try {
    await server.close();
  } catch (error) {
    log.logger.fatal(errorFields(error), 'did not stop in order');
    return 1;
  }
  log.logger.info('stopped');
  return 0;
}

/** SIGHUP: a certificate that was renewed is the one thing that is read again. */
function reload({ logger }: Log, server: Server | undefined): void {
  const signal = 'SIGHUP';
  try {
    if (server?.renewCertificate() === true)
      logger.info({ signal }, 'the certificate was reloaded');
    else logger.info({ signal }, 'there is nothing to reload');
  } catch (error) {
    logger.error({ signal, ...errorFields(error) }, 'the certificate stays as it was');
  }
}

function announce(log: Log, server: Server, settings: Settings): void {
  const { logger } = log;
  const { addresses, data, found } = server;
  for (const { name, url, host, port } of addresses) {
    logger.info({ url, host, port, listener: name }, 'listening');
  }
  const exposed = addresses.filter(({ name, host }) => name !== 'unix' && !isLoopback(host));
  const allowAnonymous = settings.server.allowAnonymous === true;
  if (exposed.length > 0) logger.warn(exposureWarning(exposed, allowAnonymous));
  if (!logger.isLevelEnabled('info')) return;
  const version = packageVersion();
  if (log.format === 'text') {
    log.writePlain(greeting(version, server));
  } else if (data === undefined) {
    logger.info({ version }, 'data is kept in memory and lost at exit');
  } else {
    const { sessions, deliveries: queued, retained } = found;
    logger.info({ version, ...data, sessions, queued, retained }, 'data is kept in a directory');
  }
}

/** Data was lost to whoever relied on it: nobody shall overlook that. */
function tellDamage(log: Log, { directory, setAside, reason }: StoreDamage): void {
  const where =
    setAside === undefined ? 'there was no data file' : `it was set aside as ${setAside}`;
  const message = `the data in ${directory} is damaged (${reason}): ${where}, and the broker starts empty`;
  log.logger.error({ directory, setAside }, message);
}

function exposureWarning(exposed: readonly ServedAddress[], allowAnonymous: boolean): string {
  const where = exposed.map(({ url }) => url).join(', ');
  if (allowAnonymous) {
    return `${where}: with --allow-anonymous everybody who reaches this may publish and subscribe`;
  }
  const remedy = '--allow-anonymous admits everybody (there is no other authentication yet)';
  return `${where}: clients of other machines are refused; ${remedy}`;
}

/** It never came to serve: one line says why. */
function refuse(log: Log, error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error);
  const { code } = errorFields(error);
  const inUse = code === 'TRANSPORT_ADDRESS_IN_USE';
  const other = isOfPort(error) ? 'one, or port 0 for any free one' : 'path';
  const message = inUse ? `${reason} Choose another ${other}.` : reason;
  if (log.format === 'json') log.logger.fatal({ code }, message);
  else log.writePlain(`wellhead: ${message.replaceAll(/\s*[\r\n]\s*/g, ' ')}\n`);
}

/** A Unix socket has a path and no port. */
function isOfPort(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return cause instanceof Error && 'port' in cause && Number(cause.port) > 0;
}

/** An error that nobody caught leaves the process in an unknown state: it says so and exits. */
function watchUncaught(log: Log): Disposable {
  const onUncaught = (error: unknown): void => {
    log.logger.fatal(errorFields(error), 'uncaught error');
    log.flush();
    process.exit(1);
  };
  process.on('uncaughtException', onUncaught);
  return { [Symbol.dispose]: () => void process.off('uncaughtException', onUncaught) };
}
