import { Program } from '../program.ts';
import type { Wellhead } from '../wellhead.ts';
import type { Clients, Message, Subscriber, SubscriberOptions, Version } from './clients.ts';

/** mosquitto_pub and mosquitto_sub: a process for each. */
export class MosquittoClients implements Clients {
  readonly #server: Wellhead;
  readonly #programs: Program[] = [];

  constructor(server: Wellhead) {
    this.#server = server;
  }

  async subscribe(options: SubscriberOptions): Promise<Subscriber> {
    const { version, clientId, persistent = false, filter, qos, will } = options;
    const args = ['-t', filter, '-q', String(qos), '-F', '%j', '-d'];
    if (clientId !== undefined) args.push('-i', clientId);
    if (persistent) args.push('-c');
    if (persistent && version === 5) args.push('-x', '3600');
    if (will !== undefined) {
      args.push('--will-topic', will.topic, '--will-payload', will.payload);
      args.push('--will-qos', String(will.qos));
    }
    const program = this.#run('mosquitto_sub', args, version);
    await program.stdout.find((line) => line.startsWith('Subscribed '));
    let taken = 0;
    return {
      sessionPresent: undefined,
      next: () => nthMessage(program, taken++),
      async stop() {
        program.signal('SIGINT');
        await program.end;
      },
      kill: () => program.signal('SIGKILL'),
      async lost() {
        program.signal('SIGKILL'); // it does not tell, and would connect again in a second
        return undefined;
      },
    };
  }

  async publish({ topic, payload, qos, retain }: Message, version: Version): Promise<void> {
    const args = ['-t', topic, '-q', String(qos), payload === '' ? '-n' : '-s'];
    if (retain) args.push('-r');
    const program = this.#run('mosquitto_pub', args, version);
    program.endInput(payload);
    const { status } = await program.end;
    if (status !== 0) throw new Error(`mosquitto_pub: ${program.stderr.all.join(' ')}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const program of this.#programs) await program[Symbol.asyncDispose]();
  }

  #run(command: string, args: readonly string[], version: Version): Program {
    const { host, port } = this.#server.address('mqtt');
    const place = ['-h', host, '-p', String(port), '-V', VERSIONS[version]];
    // into a pipe it would write when four kilobytes are together
    const program = new Program('stdbuf', ['-oL', command, ...place, ...args]);
    this.#programs.push(program);
    return program;
  }
}

async function nthMessage(program: Program, index: number): Promise<Message> {
  const line = await program.stdout.take((lines) => lines.filter((l) => l.startsWith('{'))[index]);
  // what mosquitto_sub makes of its format %j
  const message = JSON.parse(line) as Omit<Message, 'retain'> & { retain: 0 | 1 };
  const { topic, payload, qos, retain } = message;
  return { topic, payload, qos, retain: retain === 1 };
}

const VERSIONS = { 3: 'mqttv31', 4: 'mqttv311', 5: 'mqttv5' } as const;
