import type { ConnackProperties, ProtocolVersion } from '@wellhead/codec';
import { openStream } from './byte-stream.ts';
import { type Capability, versionNames } from './conformance-case.ts';
import type { CaseRun } from './case-run.ts';
import { UnreachableError } from './failure.ts';
import type { Fixture, FixtureName } from './fixtures.ts';
import type { Target } from './target.ts';

/** What a server said of itself before the first case. */
export interface ProbeAnswer {
  /** Of its CONNACK; empty in 3.x, or when it refused. */
  readonly properties: ConnackProperties;
  /** Why no case of this version applies, if so. */
  readonly refusal: string | undefined;
}

/** Throws an {@link UnreachableError} unless a Network Connection can be opened. */
export async function reach(target: Target, timeout: number): Promise<void> {
  const nobody = { data() {}, text() {}, closed() {} };
  try {
    const stream = await openStream(target, nobody, timeout);
    stream.destroy();
  } catch (error) {
    const reason = error instanceof Error ? error.message || Reflect.get(error, 'code') : error;
    throw new UnreachableError(`cannot reach ${target.url}: ${String(reason)}`, { cause: error });
  }
}

/** Connects once with a version; only a clear refusal of the version itself rules its cases out. */
export async function probe(run: CaseRun, version: ProtocolVersion): Promise<ProbeAnswer> {
  try {
    const client = await run.open();
    client.send(run.connectPacket());
    const connack = await client.expect('connack');
    const refused = connack.reasonCode === (version === 5 ? 0x84 : 1);
    const refusal = refused ? `the server refuses MQTT ${versionNames[version]}` : undefined;
    return { properties: connack.properties ?? {}, refusal };
  } catch {
    return { properties: {}, refusal: undefined };
  } finally {
    await run.cleanUp();
  }
}

/** Why the server, by its own CONNACK, does not have what a case requires; undefined when it has. */
export function missingCapability(
  capability: Capability,
  server: ConnackProperties,
  webSocket: Target | undefined,
): string | undefined {
  const says = 'the server announces';
  switch (capability) {
    case 'qos1':
      return server.maximumQoS === 0 ? `${says} Maximum QoS 0` : undefined;
    case 'qos2':
      return server.maximumQoS === undefined
        ? undefined
        : `${says} Maximum QoS ${server.maximumQoS}`;
    case 'retain':
      return server.retainAvailable === 0 ? `${says} Retain Available 0` : undefined;
    case 'wildcard':
      return server.wildcardSubscriptionAvailable === 0 ? `${says} no wildcards` : undefined;
    case 'subscription-identifiers':
      return server.subscriptionIdentifiersAvailable === 0
        ? `${says} no Subscription Identifiers`
        : undefined;
    case 'shared':
      return server.sharedSubscriptionAvailable === 0
        ? `${says} no Shared Subscriptions`
        : undefined;
    case 'topic-alias':
      return server.topicAliasMaximum ? undefined : `${says} Topic Alias Maximum 0`;
    case 'websocket':
      return webSocket ? undefined : 'no WebSocket URL is given (--ws)';
  }
}

/** The fixtures that the server under test is by itself, going by its CONNACK. */
export function evidentFixtures(
  server: ConnackProperties,
  target: Target,
): readonly (readonly [FixtureName, Fixture])[] {
  const { maximumPacketSize = Infinity, receiveMaximum = 65535, serverKeepAlive = 65535 } = server;
  const evident: readonly (readonly [FixtureName, boolean])[] = [
    ['maximum-packet-size', maximumPacketSize <= 2 * 1024 * 1024],
    ['receive-maximum', receiveMaximum <= 1000],
    ['maximum-qos', server.maximumQoS !== undefined],
    ['no-retain', server.retainAvailable === 0],
    ['no-wildcard', server.wildcardSubscriptionAvailable === 0],
    ['no-shared', server.sharedSubscriptionAvailable === 0],
    ['no-subscription-identifiers', server.subscriptionIdentifiersAvailable === 0],
    ['server-keep-alive', serverKeepAlive <= 3],
  ];
  return evident
    .filter(([, isOffered]) => isOffered)
    .map(([name]) => [name, { target, parameters: {} }]);
}
