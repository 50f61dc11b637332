import { Program } from '../program.ts';
import type { Wellhead } from '../wellhead.ts';
import type {
  Clients,
  Message,
  Subscriber,
  SubscriberOptions,
  Transport,
  Version,
} from './clients.ts';

interface Event {
  readonly as: string;
  readonly event: string;
  readonly [field: string]: unknown;
}

/** Clients of a library, in programs that take commands and tell events as lines of JSON. */
export class ScriptedClients implements Clients {
  readonly #command: readonly [program: string, script: string];
  readonly #server: Wellhead;
  readonly #transport: Transport;
  readonly #programs: Program[] = [];
  #lastName = 0;

  constructor(command: readonly [string, string], server: Wellhead, transport: Transport) {
    this.#command = command;
    this.#server = server;
    this.#transport = transport;
  }

  async subscribe(options: SubscriberOptions): Promise<Subscriber> {
    // who leaves a will is going to be killed, and nobody else with it
    const program = options.will === undefined ? this.#common() : this.#run();
    const client = this.#client(program);
    const { filter, qos, ...connect } = options;
    const { sessionPresent } = await client.open(connect);
    if (sessionPresent !== true) {
      client.do({ do: 'subscribe', filter, qos });
      await client.event('subscribed');
    }
    return {
      // a CONNACK of MQTT 3.1 does not say it
      sessionPresent: options.version === 3 ? undefined : sessionPresent === true,
      next: () => client.nextMessage(),
      stop: () => client.close(),
      kill: () => program.signal('SIGKILL'),
      async lost() {
        const { reasonCode } = await client.event('lost');
        return typeof reasonCode === 'number' ? reasonCode : undefined;
      },
    };
  }

  async publish(message: Message, version: Version): Promise<void> {
    const client = this.#client(this.#common());
    await client.open({ version });
    client.do({ do: 'publish', ...message });
    await client.event('published');
    await client.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const program of this.#programs) await program[Symbol.asyncDispose]();
  }

  #client(program: Program): ScriptedClient {
    const name = `c${++this.#lastName}`;
    return new ScriptedClient(program, name, this.#server, this.#transport);
  }

  #common(): Program {
    return this.#programs[0] ?? this.#run();
  }

  #run(): Program {
    const [program, script] = this.#command;
    const running = new Program(program, [script]);
    this.#programs.push(running);
    return running;
  }
}

class ScriptedClient {
  readonly #program: Program;
  readonly #name: string;
  readonly #server: Wellhead;
  readonly #transport: Transport;
  #messagesTaken = 0;

  constructor(program: Program, name: string, server: Wellhead, transport: Transport) {
    this.#program = program;
    this.#name = name;
    this.#server = server;
    this.#transport = transport;
  }

  async open(options: Partial<SubscriberOptions>): Promise<Event> {
    const { host, port } = this.#server.address(this.#transport);
    const { clientId = `i${process.pid}${this.#transport}${this.#name}`, persistent = false } =
      options;
    const place = { transport: this.#transport, host, port, path: '/mqtt' };
    this.do({ do: 'open', ...place, ...options, clientId, persistent });
    return this.event('connected');
  }

  do(command: Readonly<Record<string, unknown>>): void {
    this.#program.write(`${JSON.stringify({ as: this.#name, ...command })}\n`);
  }

  /** The first event of this kind. */
  event(kind: string): Promise<Event> {
    return this.#nth(kind, 0);
  }

  async nextMessage(): Promise<Message> {
    const { topic, payload, qos, retain } = await this.#nth('message', this.#messagesTaken++);
    // the scripts tell what Message says
    return { topic, payload, qos, retain } as Message;
  }

  async close(): Promise<void> {
    this.do({ do: 'close' });
    await this.event('closed');
  }

  #nth(kind: string, index: number): Promise<Event> {
    const prefix = `{"as": "${this.#name}", "event": "${kind}"`;
    const tight = prefix.replaceAll(': ', ':').replaceAll(', ', ',');
    return this.#program.stdout.take((lines) => {
      const line = lines.filter((l) => l.startsWith(prefix) || l.startsWith(tight))[index];
      // the scripts write nothing else on standard output
      return line === undefined ? undefined : (JSON.parse(line) as Event);
    });
  }
}
