import { Client } from './client.ts';
import type { World } from './world.ts';

/** Reads what is retained under a filter, as somebody who has just come; undefined when the connection ended. */
export async function readRetained(
  world: World,
  clientId: string,
  topicFilter: string,
): Promise<Map<string, Uint8Array> | undefined> {
  const client = new Client(world, { clientId, version: 5, expiry: 0 });
  const retained = new Map<string, Uint8Array>();
  client.onMessage = ({ topicName, payload }) => void retained.set(topicName, payload);
  const connack = await client.connect(undefined, true);
  if (connack?.reasonCode !== 0) return undefined;
  const granted = await client.subscribe(topicFilter, 1);
  // what is retained follows SUBACK in the same turn, and the answer to this comes behind it
  const isWhole = granted !== undefined && (await client.ping()) && (await client.ping());
  client.disconnect();
  return isWhole ? retained : undefined;
}
