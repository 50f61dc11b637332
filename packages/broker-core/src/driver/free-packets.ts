import { PacketType } from '@wellhead/codec';
import type { ClientConnection } from '../client-connection.ts';
import type { HeldOutput, PromisedPacket } from '../held-output.ts';
import { endOf, joined } from './withdraw-packets.ts';

/** Output that is to be held, in two. */
interface Split {
  /** What leaves now. */
  readonly free: readonly Uint8Array[];
  /** `undefined` when that is all. */
  readonly rest: HeldOutput | undefined;
}

/**
 * Takes out of everything that a connection holds what needs no store and has no order: PINGRESP. A client
 * does not lose its connection to a store that goes on failing. QoS 0 messages stay behind those of their
 * topics that must wait.
 */
export function takeFree(connection: ClientConnection): readonly Uint8Array[] {
  const free: Uint8Array[] = [];
  const kept: HeldOutput[] = [];
  for (const output of connection.held) {
    const split = splitFree(connection, output);
    free.push(...split.free);
    if (split.rest !== undefined) kept.push(split.rest);
  }
  connection.held = kept;
  return free.length === 0 ? NOTHING : [joined(free)];
}

/** The same of output that is to be held behind the rest. */
export function splitFree(connection: ClientConnection, output: HeldOutput): Split {
  const { closing, context, held } = connection;
  // nothing precedes CONNACK, and nothing follows DISCONNECT
  if (closing || beginsWithConnack(held[0] ?? output)) return { free: NOTHING, rest: output };
  const free: Uint8Array[] = [];
  const rest = withoutFree(output, free);
  if (free.length === 0) return { free, rest: output };
  // what is kept was copied
  if (output.slab !== undefined) context.slabs.release(output.slab);
  return { free: [joined(free)], rest: rest.chunks.length > 0 ? rest : undefined };
}

function withoutFree(output: HeldOutput, free: Uint8Array[]): HeldOutput {
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
    if ((packet[0] ?? 0) >> 4 === PacketType.Pingresp) free.push(packet);
    else {
      kept.push(packet);
      length += packet.length;
    }
    at = end;
  }
  const chunks = length === 0 ? NOTHING : [joined(kept)];
  return { commit: output.commit, chunks, promises, slab: undefined };
}

/** Nothing was said before it. */
function beginsWithConnack({ chunks: [first] }: HeldOutput): boolean {
  return (first?.[0] ?? 0) >> 4 === PacketType.Connack;
}

const NOTHING: readonly Uint8Array[] = [];
