import type { Packet, ProtocolVersion } from '@wellhead/codec';
import type { CaseContext, ConnectOptions } from './case-context.ts';
import { type CaseDefinition, type ConformanceCase, defineCases } from './conformance-case.ts';
import { describeCode } from './describe-packet.ts';
import { ConformanceFailure } from './failure.ts';

/** Bytes that a server must answer by closing the connection. */
export interface Refusal extends Pick<
  CaseDefinition,
  'name' | 'statements' | 'requires' | 'needs' | 'level'
> {
  /** What is wrong with the bytes, as the end of the sentence "The server closes the connection for …". */
  readonly title: string;
  /** Sent after the CONNACK, or instead of the CONNECT. */
  bytes(t: CaseContext): Uint8Array | Packet;
  /** The Reason Codes that the specification gives for it; without any there is no SHOULD case. */
  readonly codes?: readonly number[];
  readonly connect?: ConnectOptions;
}

/**
 * Packets on an established connection: a MUST case that the server closes for each
 * [MQTT-4.13.1-1], and in 5.0 a SHOULD case that a DISCONNECT tells one of the codes before.
 */
export function refusedPackets(
  version: ProtocolVersion,
  area: string,
  refusals: readonly Refusal[],
): readonly ConformanceCase[] {
  return refusals.flatMap((refusal) => {
    const cases = [packetCase(refusal)];
    if (version === 5 && refusal.codes) cases.push(reasonCase(refusal, refusal.codes));
    return defineCases(version, area, cases);
  });
}

/** Broken or unacceptable CONNECTs: no CONNACK with success, and the connection closed. */
export function refusedConnects(
  version: ProtocolVersion,
  area: string,
  refusals: readonly Refusal[],
): readonly ConformanceCase[] {
  return defineCases(version, area, refusals.map(connectCase));
}

function packetCase(refusal: Refusal): CaseDefinition {
  return {
    ...shared(refusal),
    name: refusal.name,
    title: `The server closes the connection for ${refusal.title}`,
    async run(t) {
      const client = await t.connect(refusal.connect);
      client.send(refusal.bytes(t));
      const { reasonCode } = await client.expectClosed();
      if (reasonCode !== undefined && reasonCode < 0x80) {
        throw new ConformanceFailure(
          'an error or no word',
          `DISCONNECT ${describeCode(reasonCode)}`,
        );
      }
    },
  };
}

function reasonCase(refusal: Refusal, codes: readonly number[]): CaseDefinition {
  const names = codes.map(describeCode).join(' or ');
  return {
    ...shared(refusal),
    name: `${refusal.name}-reason`,
    title: `A DISCONNECT with ${names} precedes the close for ${refusal.title}`,
    level: refusal.level ?? 'should',
    async run(t) {
      const client = await t.connect(refusal.connect);
      client.send(refusal.bytes(t));
      const { reasonCode } = await client.expectClosed(codes);
      if (reasonCode === undefined) {
        throw new ConformanceFailure(`DISCONNECT with ${names}`, 'a close without it');
      }
    },
  };
}

function connectCase(refusal: Refusal): CaseDefinition {
  return {
    ...shared(refusal),
    name: refusal.name,
    title: `The server refuses ${refusal.title}`,
    async run(t) {
      const client = await t.open(refusal.connect);
      client.send(refusal.bytes(t));
      await client.expectRefused();
    },
  };
}

function shared(refusal: Refusal): Omit<CaseDefinition, 'name' | 'title' | 'run'> {
  const { statements, requires, needs, level } = refusal;
  return {
    statements,
    ...(requires && { requires }),
    ...(needs && { needs }),
    ...(level && { level }),
  };
}
