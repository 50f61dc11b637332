import type { Settings } from './command-line.ts';
import { greeting } from './greeting.ts';
import { type Log, createLog } from './log.ts';
import { LogObserver, errorFields } from './log-observer.ts';
import { packageVersion } from './package-version.ts';
import { type ServedAddress, type Server, start } from './start.ts';
import { StopSignals } from './stop-signals.ts';

/** Runs a broker until a signal ends it; resolves with the exit status. */
export async function serve(settings: Settings): Promise<number> {
  const log = createLog(settings.log);
  using signals = new StopSignals(() => log.flush());
  using _watch = watchUncaught(log);
  using observer = new LogObserver(log.logger);
  let server: Server;
  try {
    server = await start({ ...settings.server, observer });
  } catch (error) {
    refuse(log, error);
    return 1;
  }
  announce(log, server.addresses, settings);
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

function announce(log: Log, addresses: readonly ServedAddress[], { server }: Settings): void {
  const { logger } = log;
  for (const { name, url, host, port } of addresses) {
    logger.info({ url, host, port, listener: name }, 'listening');
  }
  const exposed = addresses.filter(({ name, host }) => name !== 'unix' && !isLoopback(host));
  if (exposed.length > 0) logger.warn(exposureWarning(exposed, server.allowAnonymous === true));
  if (!logger.isLevelEnabled('info')) return;
  if (log.format === 'text') log.writePlain(greeting(packageVersion(), addresses));
  else logger.info({ version: packageVersion() }, 'data is kept in memory and lost at exit');
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
  const message = inUse ? `${reason} Choose another one, or port 0 for any free one.` : reason;
  if (log.format === 'json') log.logger.fatal({ code }, message);
  else log.writePlain(`wellhead: ${message.replaceAll(/\s*[\r\n]\s*/g, ' ')}\n`);
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

function isLoopback(host: string): boolean {
  return host === '::1' || /^(::ffff:)?127\./.test(host);
}
