import { MemorySessionStore } from '@wellhead/session-store/memory';
import { memoryListener, memoryPair } from '@wellhead/transport/memory';
import { expect, test } from 'vitest';
import type {
  AuthenticationAccepted,
  AuthenticationExchange,
  AuthenticationRefused,
  AuthenticationResult,
  AuthenticationStep,
  Authenticator,
  Authorizer,
  Broker,
  BrokerLimits,
  BrokerOptions,
  ClientInfo,
  ConnectRequest,
  Connection,
  Counters,
  Decision,
  DropReason,
  EnhancedAuthenticator,
  Host,
  Listener,
  ListeningAddress,
  LocalMessage,
  LocalSubscribeOptions,
  LocalSubscription,
  Observer,
  ProtocolVersion,
  PublishProperties,
  PublishRequest,
  QoS,
  ReceivedMessage,
  RemoteAddress,
  SessionStore,
  SubscribeRequest,
  UserProperties,
} from '../src/index.ts';
import { SimulatedHost, inWorld } from './support.ts';

// A program that embeds a broker: it names every type that it needs, and imports nothing for it but
// the broker, a transport and a store. That it compiles is half of the test.

class Users implements Authenticator {
  authenticate(request: ConnectRequest): AuthenticationResult {
    const accepted: AuthenticationAccepted = { accept: true, userName: nameOf(request) };
    const refused: AuthenticationRefused = { accept: false, reasonCode: 0x86 };
    return request.userName === undefined ? refused : accepted;
  }
}

/** The User Property `as` of CONNECT, or the User Name. */
function nameOf({ userName, userProperties }: ConnectRequest): string | undefined {
  const properties: UserProperties = userProperties;
  return properties.find(([name]) => name === 'as')?.[1] ?? userName;
}

class OnlyOwnTopics implements Authorizer {
  publish(client: ClientInfo, { topicName }: PublishRequest): Decision {
    return topicName.startsWith(`${client.userName ?? ''}/`);
  }

  subscribe(client: ClientInfo, { effectiveFilter, qos }: SubscribeRequest): Decision {
    const granted: QoS = qos === 2 ? 1 : qos;
    return effectiveFilter.startsWith(`${client.userName ?? ''}/`) && granted;
  }
}

class Secret implements EnhancedAuthenticator {
  readonly method = 'secret';

  begin(_request: ConnectRequest | ClientInfo): AuthenticationExchange {
    return {
      step: (data: Uint8Array | undefined): AuthenticationStep =>
        data?.[0] === 42 ? { type: 'accept', userName: 'machine' } : { type: 'refuse' },
    };
  }
}

class Diary implements Observer {
  readonly lines: string[] = [];

  connected({ userName, protocolVersion, remote }: ClientInfo): void {
    this.lines.push(`${userName ?? ''} ${spoken(protocolVersion)} ${remote.transport}`);
  }

  refused(remote: RemoteAddress, reasonCode: number): void {
    this.lines.push(`refused ${remote.transport} ${reasonCode}`);
  }

  dropped(_clientId: string, topicName: string, reason: DropReason): void {
    this.lines.push(`dropped ${topicName} ${reason}`);
  }
}

function spoken(version: ProtocolVersion): string {
  return version === 5 ? '5.0' : '3.x';
}

function optionsOf(store: SessionStore, observer: Observer): BrokerOptions {
  const limits: Partial<BrokerLimits> = { maximumInflight: 10 };
  const host: Host = new SimulatedHost();
  const authenticator = new Users();
  const authorizer = new OnlyOwnTopics();
  const enhancedAuthenticators = [new Secret()];
  return { store, observer, limits, host, authenticator, authorizer, enhancedAuthenticators };
}

async function serve(broker: Broker, listener: Listener): Promise<string> {
  const { url }: ListeningAddress = await broker.listen(listener);
  return url;
}

function attach(broker: Broker, connection: Connection): void {
  const remote: Partial<RemoteAddress> = { loopback: true };
  broker.handle(connection, remote);
}

async function readOne(subscription: LocalSubscription): Promise<ReceivedMessage | undefined> {
  for await (const message of subscription) return message;
  return undefined;
}

function busy({ connections, bytesReceived }: Readonly<Counters>): boolean {
  return connections > 0 && bytesReceived > 0;
}

const diary = new Diary();

test(
  'a program that embeds a broker can name what it hands over and what it gets',
  inWorld(
    async (world) => {
      const { broker } = world;
      const alice = world.connect({ userName: 'alice' });
      expect(alice.subscribe('alice/#')).toEqual([1]);
      expect(alice.subscribe('bob/#')).toEqual([0x87]);
      const properties = { authenticationMethod: 'secret', authenticationData: Uint8Array.of(42) };
      const machine = world.connect({ clientId: 'machine', properties });
      expect(world.connect({ clientId: 'nobody' }).outcome()).toBe('CONNACK 86 closed');

      const options: LocalSubscribeOptions = { qos: 1 };
      const reading = readOne(broker.subscribe('machine/#', options));
      await world.settleAsync();
      machine.publish('machine/on', 'yes');
      expect(await reading).toMatchObject({ topicName: 'machine/on', publisherId: 'machine' });

      const of: PublishProperties = { userProperties: [['unit', 'C']] };
      const message: LocalMessage = { topicName: 'alice/t', payload: '21', properties: of };
      const published = broker.publish(message);
      await world.settleAsync();
      await published;
      expect(alice.publishes()).toMatchObject([{ topicName: 'alice/t', properties: of }]);

      expect(await serve(broker, memoryListener())).toMatch(/^memory:/);
      const [client, server] = memoryPair();
      attach(broker, server);
      client.destroy();
      await world.settleAsync();
      expect(busy(broker.counters)).toBe(true);
      expect(diary.lines).toEqual([
        'alice 5.0 memory',
        'machine 5.0 memory',
        'refused memory 134',
        'refused memory 128',
      ]);
    },
    optionsOf(new MemorySessionStore(), diary),
  ),
);
