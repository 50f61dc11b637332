import type { QoS } from '@wellhead/codec';
import { Client } from './client.ts';
import { type Message, payloadOf } from './message.ts';
import type { Random } from './random.ts';
import type { World } from './world.ts';

export interface WillClientOptions {
  readonly name: string;
  readonly version: 4 | 5;
  readonly qos: QoS;
  /** Seconds; 0 for MQTT 3.1.1. */
  readonly delay: number;
  /** Seconds; its end makes a will due before its delay is over. @default 3600 */
  readonly expiry?: number;
}

/** How a connection ended that had a will. */
interface Ending {
  readonly at: number;
  readonly isGoodbye: boolean;
  /** Which process of the broker saw it; another one may not know of it. */
  readonly kills: number;
}

/**
 * Connects with a will, and leaves by one way or the other. What is due then: at once without a delay,
 * later unless it is back in time, nothing after a goodbye.
 */
export class WillClient {
  readonly client: Client;
  readonly #options: WillClientOptions;
  readonly #random: Random;
  readonly #world: World;
  /** The will that the broker has acknowledged, or may have. */
  #will: Message | undefined;
  #isArmed = false;
  #ending: Ending | undefined;
  /** It stays away until its will has come. */
  #awaited: Message | undefined;

  constructor(world: World, random: Random, options: WillClientOptions) {
    const { name, version, expiry = 3600 } = options;
    this.#world = world;
    this.#options = options;
    this.#random = random;
    this.client = new Client(world, { clientId: name, version, expiry });
    this.client.onEnd = () => this.#ended();
  }

  /** A will must come, and has not. */
  get isWaiting(): boolean {
    return this.#awaited !== undefined && !this.#world.ledger.hasCome(this.#awaited);
  }

  /** Does the next thing: comes, or goes, or stays. */
  async act(): Promise<void> {
    if (this.client.isConnected) this.#leave();
    else if (!this.isWaiting) await this.come();
  }

  /** Connects with a new will. */
  async come(): Promise<void> {
    if (this.client.isConnected || this.isWaiting) return;
    const { name, qos, delay, version, expiry = 3600 } = this.#options;
    const { ledger } = this.#world;
    const topicName = `w/${name}`;
    this.#awaited = undefined;
    const before = this.#will;
    const ending = this.#ending;
    // the session may have ended meanwhile
    if (ending !== undefined && performance.now() - ending.at > expiry * 1000 - MARGIN) {
      this.client.isKept = false;
    }
    const wasArmed = this.#isArmed;
    const message = ledger.compose('will', name, topicName, qos);
    this.#will = message;
    this.#isArmed = false;
    ledger.note(message, `sent in CONNECT of ${name}, delay ${delay}`);
    const properties = version === 5 ? { willDelayInterval: delay } : undefined;
    const payload = payloadOf(message, 0);
    const connack = await this.client.connect({
      topicName,
      payload,
      qos,
      retain: false,
      properties,
    });
    if (connack?.reasonCode !== 0) return;
    ledger.note(message, 'CONNACK');
    this.#isArmed = true;
    if (before !== undefined && wasArmed && ending !== undefined) this.#judge(before, ending);
  }

  /** The client is back; what has become of the will of its connection before? */
  #judge(will: Message, { at, isGoodbye, kills }: Ending): void {
    const { ledger, chronicle } = this.#world;
    if (will.duty !== 'may') return;
    // the acknowledgement of this connection's session comes behind the commit of the goodbye
    if (isGoodbye && kills === chronicle.kills) ledger.willIsVoid(will, 'a goodbye');
    const { delay, expiry = 3600 } = this.#options;
    const since = (performance.now() - at) / 1000;
    if (isGoodbye || delay === 0) return;
    if (since < Math.min(delay, expiry))
      ledger.willIsVoid(will, `back after ${since.toFixed(3)} s`);
  }

  #leave(): void {
    const way = this.#random.next();
    if (way < 0.3) {
      this.#isSayingGoodbye = true;
      this.client.disconnect();
      this.#isSayingGoodbye = false;
    } else if (way < 0.7) {
      this.client.vanish();
    }
  }

  #isSayingGoodbye = false;

  #ended(): void {
    const { chronicle, ledger, isDown } = this.#world;
    const isGoodbye = this.#isSayingGoodbye;
    // the broker dies a little before its clients notice: what counts the delay is the later one
    this.#ending = { at: performance.now() - NOTICED_LATE, isGoodbye, kills: chronicle.kills };
    const will = this.#will;
    if (will === undefined || !this.#isArmed || isGoodbye) return;
    ledger.note(will, isDown ? 'the broker was killed' : 'the client vanished');
    const { delay } = this.#options;
    if (delay === 0) ledger.willIsDue(will, 'no delay');
    else if (this.#random.chance(0.5)) {
      ledger.willIsDue(will, 'the client stays away');
      this.#awaited = will;
    }
  }
}

/** Milliseconds. */
const NOTICED_LATE = 50;
const MARGIN = 500;
