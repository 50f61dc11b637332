import type { ProtocolVersion, QoS } from '@wellhead/codec';
import { rawConnect, type RawConnect, str } from '../../bytes.ts';
import type { CaseContext, ConnectOptions, WillRequest } from '../../case-context.ts';
import { versionNames } from '../../conformance-case.ts';
import { describeCode, describePacket } from '../../describe-packet.ts';
import { check, ConformanceFailure } from '../../failure.ts';
import type { WireClient } from '../../wire-client.ts';

// Steps that cases of several areas begin or end with.

/** A CONNECT of 3.1.1 by hand, however wrong its fields are. */
export function connect4(connect: RawConnect): Uint8Array {
  return rawConnect({ level: 4, ...connect });
}

/** A CONNECT of 3.1 by hand. */
export function connect3(connect: RawConnect): Uint8Array {
  return rawConnect({ protocolName: str('MQIsdp'), level: 3, ...connect });
}

/** A client of another version than that of the case; skips when the server does not speak it. */
export async function connectAs(
  t: CaseContext,
  protocolVersion: ProtocolVersion,
  options: ConnectOptions = {},
): Promise<WireClient> {
  const all = { ...options, protocolVersion };
  const client = await t.open({ ...all, anyConnack: true });
  const connect = t.connectPacket(all);
  client.clientId = connect.clientId;
  client.send(connect);
  const connack = await client.expect('connack').catch(() => undefined);
  const speaksIt = connack !== undefined && connack.reasonCode !== 1 && connack.reasonCode !== 0x84;
  if (!speaksIt) return t.skip(`the server does not speak MQTT ${versionNames[protocolVersion]}`);
  check(connack.reasonCode === 0, 'CONNACK 0x00', describeCode(connack.reasonCode));
  client.connack = connack;
  return client;
}

/** A client that has subscribed to the topic of the case, or to `topicFilter`. */
export async function subscribed(
  t: CaseContext,
  options: ConnectOptions & { readonly topicFilter?: string; readonly qos?: QoS } = {},
): Promise<WireClient> {
  const { topicFilter = t.topic(), qos = 2, ...connect } = options;
  const { protocolVersion = t.version } = connect;
  const isOther = protocolVersion !== t.version;
  const client = await (isOther ? connectAs(t, protocolVersion, connect) : t.connect(connect));
  await client.subscribe({ topicFilter, qos });
  return client;
}

/** A session with a subscription that was left without its client; returns the Client Identifier. */
export async function leaveSession(
  t: CaseContext,
  options: ConnectOptions & { readonly topicFilter?: string; readonly qos?: QoS } = {},
): Promise<string> {
  const client = await subscribed(t, { cleanStart: false, ...options });
  await client.disconnect();
  return client.clientId;
}

/** The client of that session again; the session must be there. */
export async function resume(
  t: CaseContext,
  clientId: string,
  options: ConnectOptions = {},
): Promise<WireClient> {
  const client = await t.connect({ clientId, cleanStart: false, ...options });
  // MQTT 3.1 has no Session Present
  if (client.protocolVersion > 3) expectSession(client, true);
  return client;
}

export function expectSession(client: WireClient, expected: boolean): void {
  const present = client.connack?.sessionPresent;
  check(present === expected, `Session Present ${Number(expected)}`, `${Number(present)}`);
}

/** Nothing but `marker`, which another client publishes now, has come or comes for this client. */
export async function expectOnlyMarker(
  t: CaseContext,
  client: WireClient,
  topicName: string = t.topic(),
): Promise<void> {
  const other = await t.connect();
  await other.publish(topicName, 'marker', { qos: 1 });
  const [first] = await client.receiveUntil('marker');
  const isMarker = first && Buffer.from(first.payload).toString() === 'marker';
  check(isMarker === true, 'the marker alone', first ? describePacket(first) : 'nothing');
}

/** A Will on the topic that {@link watchWill} watches. */
export function willOf(t: CaseContext, will: Partial<WillRequest> = {}): WillRequest {
  return { topicName: t.topic('will'), payload: 'gone', ...will };
}

/** A client that gets the Will of {@link willOf}. */
export function watchWill(t: CaseContext): Promise<WireClient> {
  return subscribed(t, { topicFilter: t.topic('will') });
}

/** A filter that is refused one way or the other: 0x80 in SUBACK, or the connection is closed. */
export async function expectFilterRefused(
  client: WireClient,
  subscribe: Uint8Array,
): Promise<void> {
  client.send(subscribe);
  const first = await nextOrClosed(client);
  if (first === undefined) return;
  const refused = first.type === 9 && first.reasonCodes.every((code) => code >= 0x80);
  if (!refused) throw new ConformanceFailure('SUBACK 0x80 or a close', describePacket(first));
}

/** The next packet; undefined when the connection is closed instead. */
export async function nextOrClosed(
  client: WireClient,
): Promise<WireClient['inbox'][number] | undefined> {
  const deadline = performance.now() + 10_000;
  while (client.inbox.length === 0 && !client.isClosed && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  if (client.inbox.length === 0) await client.expectClosed();
  return client.inbox.shift();
}
