import type { Will as WillFields } from '@wellhead/codec';
import type { BrokerContext } from './context.ts';
import type { ClientInfo, Decision } from './hooks.ts';

/**
 * What the authorizer says of a Will: it is asked with CONNECT, and again when the Will is published,
 * as rights may have been withdrawn meanwhile. `undefined` when it throws, which the observer is told.
 */
export function rightToWill(
  { authorizer, observer }: BrokerContext,
  client: ClientInfo,
  { topicName, qos, retain }: Pick<WillFields, 'topicName' | 'qos' | 'retain'>,
): Decision | Promise<Decision> | undefined {
  if (authorizer.publish === undefined) return true;
  try {
    return authorizer.publish(client, { topicName, qos, retain, will: true });
  } catch (error) {
    observer.fault?.(error, 'authorizer');
    return undefined;
  }
}
