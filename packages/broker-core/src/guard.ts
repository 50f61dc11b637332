import { ReasonCode } from '@wellhead/codec';
import type { ClientConnection } from './client-connection.ts';

/** Runs something for one connection: an error in it ends that connection, and nothing else. */
export function guard(connection: ClientConnection, run: () => void): void {
  const { observer } = connection.context;
  try {
    run();
  } catch (error) {
    observer.fault?.(error, 'connection');
    try {
      connection.fail(ReasonCode.ImplementationSpecificError, 'internal error');
    } catch (secondError) {
      observer.fault?.(secondError, 'connection');
      connection.link.destroy();
    }
  }
}
