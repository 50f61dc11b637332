import { PacketType } from '@wellhead/codec';
import type { ClientConnection } from '../client-connection.ts';
import type { HeldOutput, PromisedPacket } from '../held-output.ts';
import { endOf, isPublish, joined } from './withdraw-packets.ts';

/**
 * Takes out of what a connection holds, from its output number `from` on, what needs no store: PINGRESP
 * and QoS 0 messages, which keep their order among themselves alone [MQTT-4.6.0-6]. A store that goes
 * on failing keeps no client from them.
 */
export function takeFree(connection: ClientConnection, from: number): readonly Uint8Array[] {
  const { closing, held } = connection;
  // nothing precedes CONNACK, and nothing follows DISCONNECT
  if (closing || held.some(beginsWithConnack)) return NOTHING;
  const free: Uint8Array[] = [];
  connection.held = held.map((output, index) =>
    index < from ? output : withoutFree(connection, output, free),
  );
  return free.length === 0 ? NOTHING : [joined(free)];
}

function withoutFree(
  { aliasesOut }: ClientConnection,
  output: HeldOutput,
  free: Uint8Array[],
): HeldOutput {
  const bytes = joined(output.chunks);
  const kept: Uint8Array[] = [];
  const promises: PromisedPacket[] = [];
  let length = 0;
  for (let at = 0, next = 0; at < bytes.length;) {
    const end = endOf(bytes, at);
    const packet = bytes.subarray(at, end);
    const promise = output.promises[next];
    if (promise?.at === at) {
      promises.push({ ...promise, at: length });
      next++;
    }
    // an alias may have been set by what stays
    if (isFree(packet, aliasesOut !== undefined)) free.push(packet);
    else {
      kept.push(packet);
      length += packet.length;
    }
    at = end;
  }
  return { ...output, chunks: [joined(kept)], promises };
}

/** Nothing was said before it. */
function beginsWithConnack({ chunks: [first] }: HeldOutput): boolean {
  return (first?.[0] ?? 0) >> 4 === PacketType.Connack;
}

function isFree(packet: Uint8Array, hasAliases: boolean): boolean {
  const type = (packet[0] ?? 0) >> 4;
  if (type === PacketType.Pingresp) return true;
  return type === PacketType.Publish && !hasAliases && !isPublish(packet, 0);
}

const NOTHING: readonly Uint8Array[] = [];
