import {
  type Authenticator,
  type Broker,
  type BrokerOptions,
  createBroker,
  type EnhancedAuthenticator,
} from '@wellhead/broker-core';
import { tcpListener, webSocketListener } from '@wellhead/transport-node';

/** Our broker in this process, with everything that the fixtures of the suite ask for. */
export interface WellheadSubject extends AsyncDisposable {
  readonly target: string;
  readonly webSocket: string;
  /** `name=value` for each fixture. */
  readonly fixtures: readonly string[];
}

/** Five brokers, because some of the fixtures exclude each other; free ports. */
export async function startWellhead(): Promise<WellheadSubject> {
  const brokers: Broker[] = [];
  const serve = async (options: BrokerOptions): Promise<string> => {
    const broker = await createBroker({ sysInterval: 1, ...options });
    brokers.push(broker);
    const { url } = await broker.listen(tcpListener({ host: '127.0.0.1', port: 0 }));
    return url;
  };
  const target = await serve(main);
  const webSocket = await brokers[0]?.listen(webSocketListener({ host: '127.0.0.1', port: 0 }));
  const protectedUrl = await serve({ authenticator: oneUser });
  const limited = await serve({ limits });
  const restricted = await serve({ limits: restrictions });
  const moved = await serve({ authenticator: elsewhere });
  return {
    target,
    webSocket: webSocket?.url ?? '',
    fixtures: [
      'authorization=?publish=denied/topic&subscribe=denied/topic',
      'client-id-refused=?clientId=refusedclient',
      'response-information=',
      'enhanced-authentication=?method=CHALLENGE&data=01&response=02&wrong=03',
      `authentication=${protectedUrl.replace('://', '://alice:secret@')}`,
      ...[
        'maximum-packet-size',
        'receive-maximum',
        'server-keep-alive',
        'session-expiry-limit',
      ].map((name) => `${name}=${limited}`),
      ...[
        'maximum-qos',
        'no-retain',
        'no-wildcard',
        'no-shared',
        'no-subscription-identifiers',
      ].map((name) => `${name}=${restricted}`),
      `redirect=${moved}`,
    ],
    async [Symbol.asyncDispose]() {
      await Promise.all(brokers.map((broker) => broker.close()));
    },
  };
}

const challenge: EnhancedAuthenticator = {
  method: 'CHALLENGE',
  begin() {
    let steps = 0;
    return {
      step(data) {
        steps += 1;
        if (steps === 1) return { type: 'continue', data: Uint8Array.of(42) };
        return data?.[0] === 2
          ? { type: 'accept', userName: 'challenged' }
          : { type: 'refuse', reasonCode: 0x87, reasonString: 'not the answer that was expected' };
      },
    };
  },
};

const main: BrokerOptions = {
  authenticator: {
    authenticate: ({ clientId }) =>
      clientId === 'refusedclient' ? { accept: false, reasonCode: 0x85 } : { accept: true },
  },
  authorizer: {
    publish: (_client, { topicName }) => topicName !== 'denied/topic',
    subscribe: (_client, { effectiveFilter }) => effectiveFilter !== 'denied/topic',
  },
  enhancedAuthenticators: [challenge],
  responseInformation: 'answers/here',
};

const oneUser: Authenticator = {
  authenticate: ({ userName, password }) =>
    userName === 'alice' && Buffer.from(password ?? []).toString() === 'secret'
      ? { accept: true }
      : { accept: false, reasonCode: 0x86, reasonString: 'no such user and password' },
};

const elsewhere: Authenticator = {
  authenticate: () => ({ accept: false, reasonCode: 0x9d, serverReference: 'elsewhere.example' }),
};

const limits: NonNullable<BrokerOptions['limits']> = {
  maximumPacketSize: 100_000,
  receiveMaximum: 10,
  maximumKeepAlive: 2,
  maximumSessionExpiryInterval: 3600,
};

const restrictions: NonNullable<BrokerOptions['limits']> = {
  maximumQoS: 1,
  retainAvailable: false,
  wildcardSubscriptionAvailable: false,
  sharedSubscriptionAvailable: false,
  subscriptionIdentifiersAvailable: false,
};
