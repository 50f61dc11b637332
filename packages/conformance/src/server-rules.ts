import type { Connect, Packet, Publish } from '@wellhead/codec';
import { describeCode, packetNames } from './describe-packet.ts';
import { ConformanceFailure } from './failure.ts';

/**
 * What holds on every connection, whatever the case is about: no packet above the client's limits, no
 * Packet Identifier in use twice, nothing before CONNACK or after DISCONNECT. MQTT 5.0 unless said.
 */
export class ServerRules {
  readonly #unacknowledged = new Set<number>();
  readonly #aliases = new Map<number, string>();
  #connect: Connect | undefined;
  #connackSeen = false;
  #disconnectSeen = false;

  /** Notes what the client sent: its limits in CONNECT, its acknowledgements. */
  sent(packet: Packet): void {
    if (packet.type === 1 && this.#connect === undefined) this.#connect = packet;
    const endsDelivery =
      packet.type === 4 || packet.type === 7 || (packet.type === 5 && packet.reasonCode >= 0x80);
    if (endsDelivery) this.#unacknowledged.delete(packet.packetId);
  }

  /** Judges what the server sent; a PUBLISH by Topic Alias gets its Topic Name back. */
  received(packet: Packet, size: number): ConformanceFailure | undefined {
    const failure =
      this.#order(packet) ?? (this.#isVersion5 ? this.#limits(packet, size) : undefined);
    if (failure) return failure;
    return packet.type === 3 ? this.#publish(packet) : undefined;
  }

  get #isVersion5(): boolean {
    return this.#connect?.protocolVersion === 5;
  }

  #order(packet: Packet): ConformanceFailure | undefined {
    const name = packetNames[packet.type] ?? '';
    if (this.#disconnectSeen) return broken('nothing after DISCONNECT', name, '3.14.4-1');
    if (packet.type === 14) this.#disconnectSeen = true;
    if (packet.type === 2) {
      const statement = this.#isVersion5 ? '3.2.0-2' : '3.2.0-1';
      if (this.#connackSeen) return broken('one CONNACK', 'a second one', statement);
      this.#connackSeen = true;
      return undefined;
    }
    if (packet.type === 15) {
      return this.#connect?.properties?.authenticationMethod === undefined
        ? broken('no AUTH without an Authentication Method in CONNECT', 'AUTH', '4.12.0-6')
        : undefined;
    }
    return this.#connackSeen ? undefined : broken('CONNACK first', name, '3.2.0-1');
  }

  #limits(packet: Packet, size: number): ConformanceFailure | undefined {
    const limit = this.#connect?.properties?.maximumPacketSize ?? Infinity;
    const name = packetNames[packet.type] ?? '';
    if (size > limit) {
      return broken(`no packet above ${limit} bytes`, `${name} of ${size} bytes`, '3.1.2-24');
    }
    const mayExplain = packet.type === 2 || packet.type === 3 || packet.type === 14;
    if (this.#connect?.properties?.requestProblemInformation === 0 && !mayExplain) {
      const properties: object = ('properties' in packet && packet.properties) || {};
      const explained = ['reasonString', 'userProperties'].find((p) => Reflect.has(properties, p));
      if (explained) return broken(`no ${explained}`, `${name} with it`, '3.1.2-29');
    }
    return undefined;
  }

  #publish(publish: Publish): ConformanceFailure | undefined {
    return this.#alias(publish) ?? (publish.qos > 0 ? this.#identifier(publish) : undefined);
  }

  #alias(publish: Publish): ConformanceFailure | undefined {
    const alias = publish.properties?.topicAlias;
    if (alias === undefined) return undefined;
    const maximum = this.#connect?.properties?.topicAliasMaximum ?? 0;
    if (alias > maximum) {
      const statement = maximum === 0 ? '3.1.2-27' : '3.1.2-26';
      return broken(`a Topic Alias of at most ${maximum}`, `Topic Alias ${alias}`, statement);
    }
    if (publish.topicName !== '') this.#aliases.set(alias, publish.topicName);
    const topicName = this.#aliases.get(alias);
    if (topicName === undefined) {
      return broken(
        'a Topic Name or a known Topic Alias',
        `unknown Topic Alias ${alias}`,
        '3.3.2-7',
      );
    }
    publish.topicName = topicName;
    return undefined;
  }

  #identifier(publish: Publish): ConformanceFailure | undefined {
    const id = publish.packetId ?? 0;
    if (this.#unacknowledged.has(id)) {
      if (!this.#isVersion5) return this.#repeat(publish);
      return publish.dup
        ? broken('no re-sending on a live connection', `PUBLISH ${id} again`, '4.4.0-1')
        : broken('an unused Packet Identifier', `${id}, which is in use`, '2.2.1-4');
    }
    this.#unacknowledged.add(id);
    const maximum = this.#connect?.properties?.receiveMaximum ?? 65535;
    return this.#unacknowledged.size > maximum
      ? broken(`at most ${maximum} unacknowledged`, describeCount(this.#unacknowledged), '3.3.4-9')
      : undefined;
  }

  /** 3.x lets a server send again at any time, as long as DUP tells it [MQTT-3.3.1-1 @3.1.1]. */
  #repeat({ dup, packetId }: Publish): ConformanceFailure | undefined {
    if (dup) return undefined;
    return broken('an unused Packet Identifier or DUP', `${packetId}, which is in use`, '2.3.1-4');
  }
}

function broken(expected: string, received: string, statement: string): ConformanceFailure {
  return new ConformanceFailure(expected, received, `MQTT-${statement}`);
}

function describeCount(ids: ReadonlySet<number>): string {
  return `${ids.size}: ${Array.from(ids, describeCode).slice(-5).join(', ')}`;
}
