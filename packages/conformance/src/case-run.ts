import type { ConnackProperties, Connect, Packet, ProtocolVersion, Will } from '@wellhead/codec';
import { setTimeout as delay } from 'node:timers/promises';
import { type HandshakeOptions, openStream } from './byte-stream.ts';
import type { CaseContext, ConnectOptions, OpenOptions, WillRequest } from './case-context.ts';
import type { ConformanceCase } from './conformance-case.ts';
import { CaseSkipped, ConformanceFailure } from './failure.ts';
import type { Fixture, FixtureName, Fixtures } from './fixtures.ts';
import type { Target } from './target.ts';
import { Transcript } from './transcript.ts';
import { WireClient } from './wire-client.ts';

/** What all cases of a run share. */
export interface RunSettings {
  readonly target: Target;
  readonly webSocket: Target | undefined;
  readonly fixtures: Fixtures;
  /** Milliseconds that an expectation waits. */
  readonly timeout: number;
  /** A few letters and digits that no other run uses. */
  readonly runId: string;
  readonly server: ConnackProperties;
}

/** One case being run: the connections that it opened, and what it leaves behind on the server. */
export class CaseRun implements CaseContext {
  readonly version: ProtocolVersion;
  readonly server: ConnackProperties;
  readonly timeout: number;
  readonly transcript: Transcript = new Transcript();
  readonly #settings: RunSettings;
  readonly #number: number;
  readonly #clients: WireClient[] = [];
  readonly #left = new Map<string, Leftovers>();
  #clientIds = 0;

  constructor(conformanceCase: ConformanceCase, number: number, settings: RunSettings) {
    this.version = conformanceCase.version;
    this.server = settings.server;
    this.timeout = settings.timeout;
    this.#settings = settings;
    this.#number = number;
  }

  clientId(): string {
    this.#clientIds += 1;
    return `wc${this.#settings.runId}x${this.#number}c${this.#clientIds}`;
  }

  topic(suffix = 't'): string {
    return `wc${this.#settings.runId}/${this.#number}/${suffix}`;
  }

  async open(options: OpenOptions = {}): Promise<WireClient> {
    const target = this.#target(options);
    const client = this.#client(
      options.protocolVersion ?? this.version,
      target,
      options.anyConnack,
    );
    const handshake: HandshakeOptions = options.subprotocols
      ? { subprotocols: options.subprotocols }
      : { subprotocols: [this.version === 3 ? 'mqttv3.1' : 'mqtt'] };
    try {
      client.attach(await openStream(target, client, this.timeout, handshake));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new ConformanceFailure(`a connection to ${target.host}:${target.port}`, reason);
    }
    return client;
  }

  async connect(options: ConnectOptions = {}): Promise<WireClient> {
    const client = await this.open(options);
    const connect = this.connectPacket(options);
    client.clientId = connect.clientId;
    client.send(connect);
    await client.expectAccepted();
    return client;
  }

  connectPacket(options: ConnectOptions = {}): Connect {
    const target = this.#target(options);
    const password = options.password ?? target.password;
    return {
      type: 1,
      protocolVersion: options.protocolVersion ?? this.version,
      clientId: options.clientId ?? this.clientId(),
      cleanStart: options.cleanStart ?? true,
      keepAlive: options.keepAlive ?? 60,
      userName: options.userName ?? target.userName,
      password: password === undefined ? undefined : Buffer.from(password),
      will: options.will && willOf(options.will),
      properties: options.properties,
    };
  }

  fixture(name: FixtureName): Fixture {
    const fixture = this.#settings.fixtures.get(name);
    return fixture ?? this.skip(`fixture ${name} is not offered`);
  }

  skip(reason: string): never {
    throw new CaseSkipped(reason);
  }

  async sleep(milliseconds: number): Promise<void> {
    await delay(milliseconds);
  }

  /** The first rule that the server broke on any connection of the case. */
  get failure(): ConformanceFailure | undefined {
    return this.#clients.find((client) => client.failure)?.failure;
  }

  /** Closes the connections, ends the sessions, clears the retained messages. Never throws. */
  async cleanUp(): Promise<void> {
    await Promise.allSettled(this.#clients.map((client) => client.dispose()));
    const leftovers = [...this.#left.values()];
    await Promise.allSettled(leftovers.map((left) => this.#clear(left)));
  }

  async #clear({ target, clientIds, topics }: Leftovers): Promise<void> {
    for (const clientId of [...clientIds, ...(topics.size > 0 ? [this.clientId()] : [])]) {
      const cleaner = this.#client(this.version, target);
      try {
        cleaner.attach(await openStream(target, cleaner, this.timeout));
        const { userName, password } = target;
        const credentials = { ...(userName && { userName }), ...(password && { password }) };
        cleaner.send(this.connectPacket({ clientId, ...credentials }));
        await cleaner.expectAccepted();
        for (const topicName of topics) cleaner.sendPublish(topicName, '', { retain: true });
        topics.clear();
        await cleaner.ping();
      } finally {
        await cleaner.dispose();
      }
    }
  }

  #client(protocolVersion: ProtocolVersion, target: Target, anyConnack = false): WireClient {
    const client = new WireClient({
      label: String.fromCodePoint(65 + (this.#clients.length % 26)),
      protocolVersion,
      transcript: this.transcript,
      timeout: this.timeout,
      anyConnack,
      onSent: (packet) => noteLeftovers(this.#leftovers(target), packet),
    });
    this.#clients.push(client);
    return client;
  }

  #leftovers(target: Target): Leftovers {
    const left = this.#left.get(target.url) ?? { target, clientIds: new Set(), topics: new Set() };
    this.#left.set(target.url, left);
    return left;
  }

  #target(options: OpenOptions): Target {
    if (options.fixture) return this.fixture(options.fixture).target;
    if (!options.webSocket) return this.#settings.target;
    return this.#settings.webSocket ?? this.skip('no WebSocket URL is given');
  }
}

/** What a case leaves behind on one listener. */
interface Leftovers {
  readonly target: Target;
  readonly clientIds: Set<string>;
  readonly topics: Set<string>;
}

function noteLeftovers(left: Leftovers, packet: Packet): void {
  if (packet.type === 3 && packet.retain) {
    if (packet.payload.length > 0) left.topics.add(packet.topicName);
    return;
  }
  if (packet.type !== 1) return;
  const keepsSession = packet.properties?.sessionExpiryInterval ?? (packet.cleanStart ? 0 : 1);
  if (keepsSession > 0 && packet.clientId !== '') left.clientIds.add(packet.clientId);
  if (packet.will?.retain) left.topics.add(packet.will.topicName);
}

function willOf(will: WillRequest): Will {
  return {
    topicName: will.topicName,
    payload: Buffer.from(will.payload),
    qos: will.qos ?? 0,
    retain: will.retain ?? false,
    properties: will.properties,
  };
}
