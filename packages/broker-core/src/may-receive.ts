import type { ClientConnection } from './client-connection.ts';

/** Whether the client may be sent what has waited for it: rights may have been withdrawn meanwhile. */
export function mayReceive(connection: ClientConnection, topicName: string): boolean {
  const { authorizer, observer } = connection.context;
  if (authorizer.receive === undefined || connection.client === undefined) return true;
  try {
    const decision: unknown = authorizer.receive(connection.client, topicName);
    return decision === true; // nor is a promise, of a program without types, a right
  } catch (error) {
    observer.fault?.(error, 'authorizer');
    return false;
  }
}
