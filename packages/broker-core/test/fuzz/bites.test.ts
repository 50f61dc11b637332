import { Qos2Receiver } from '@wellhead/protocol';
import { expect, test } from 'vitest';
import type { ClientConnection } from '../../src/client-connection.ts';
import type { BrokerContext } from '../../src/context.ts';
import { KEPT } from '../../src/fate.ts';
import { LongFanOut } from '../../src/long-fan-out.ts';
import type { Session } from '../../src/session.ts';
import type { OpenRequest } from '../../src/session-registry.ts';
import { campaign } from './campaign.ts';
import type { Sabotage } from './player.ts';

// A fuzzer that finds nothing may be blind: each of these brokers is broken on purpose, and is caught by that rule.
const SABOTAGES: readonly (readonly [name: string, rules: RegExp, sabotage: Sabotage])[] = [
  [
    'a session that ends leaves its routes behind',
    /^(route|gauge|left behind)$/,
    ({ router }) => void Object.assign(router, { remove: () => undefined }),
  ],
  [
    'a deadline that is cancelled stays',
    /^timer$/,
    ({ deadlines }) => void Object.assign(deadlines, { cancel: () => undefined }),
  ],
  [
    'a retained message that is cleared stays',
    /^(store|gauge)$/,
    ({ retained }) => void Object.assign(retained, { remove: () => false }),
  ],
  [
    'every message has the same identifier',
    /./,
    (context) => void Object.assign(context, { nextMessageId: () => 7 }),
  ],
  [
    'acknowledgements do not wait for the store',
    /^promise$/,
    ({ turn }) => void Object.defineProperty(turn, 'unsettled', { get: () => 0, set: () => {} }),
  ],
  [
    'the Receive Maximum of clients is not heeded',
    /^receive maximum$/,
    whenOpened(({ connection }) => void (connection.receiveMaximum = 65_535)),
  ],
  [
    'the Maximum Packet Size of clients is not heeded',
    /^packet size$/,
    whenOpened(({ connection }) => void (connection.maximumPacketSize = 268_435_460)),
  ],
  [
    'a QoS 2 message that is repeated is delivered again',
    /^(doubled|receive maximum|blame)$/,
    whenOpened(({ session }) => {
      session.receiver ??= new Qos2Receiver();
      Object.assign(session.receiver, { has: () => false, counted: () => false });
    }),
  ],
  [
    'the connection that is taken over stays',
    /^(owner|gauge|answer|forgotten|identifier)$/,
    beforeOpening(({ context, request }) => {
      const { connection } = context.sessions.get(request.client.clientId) ?? {};
      if (connection !== undefined) connection.fail = () => undefined;
    }),
  ],
  [
    'every start is a clean one',
    /^(session present|lost)$/,
    ({ sessions }) => {
      const open = sessions.open.bind(sessions);
      sessions.open = (connection, request) => open(connection, { ...request, cleanStart: true });
    },
  ],
  [
    'a goodbye does not discard the Will',
    /^will$/,
    ({ sessions }) => {
      const ended = sessions.connectionEnded.bind(sessions);
      sessions.connectionEnded = (session) => ended(session, true);
    },
  ],
  [
    'a message of many is not stored',
    /^(store|lost|stuck|queue)$/,
    ({ turn }) => {
      const record = turn.recordMessage.bind(turn);
      let count = 0;
      turn.recordMessage = (change, fate) => (++count % 5 === 0 ? undefined : record(change, fate));
    },
  ],
  [
    'what waits for a client is sent newest first',
    /^(order|lost|stuck|store|queue)$/,
    whenOpened(({ session }) => {
      const pending = session.openPending();
      const push = pending.push.bind(pending);
      pending.push = (delivery) => {
        const older = [];
        for (let one = pending.shift(); one !== undefined; one = pending.shift()) older.push(one);
        push(delivery);
        for (const one of older) push(one);
      };
    }),
  ],
  [
    'a message of a failed commit leaves all the same',
    /^(promise|identifier|doubled)$/,
    whenOpened(({ connection }) => {
      let { held } = connection;
      const bytesOf = (outputs: typeof held): number =>
        outputs.reduce(
          (sum, { chunks }) => sum + chunks.reduce((all, { length }) => all + length, 0),
          0,
        );
      Object.defineProperty(connection, 'held', {
        get: () => held,
        set: (next: typeof held) => {
          // nothing is taken out of what is held
          if (next.length !== held.length || bytesOf(next) >= bytesOf(held)) held = next;
        },
      });
    }),
  ],
  [
    'a message that its publisher must send again is tried again as well',
    /^(promise|identifier|doubled|order)$/,
    ({ turn }) => {
      const record = turn.recordMessage.bind(turn);
      turn.recordMessage = (change) => record(change, KEPT);
    },
  ],
  [
    'a Will of a failed commit is given up',
    /^lost$/,
    ({ turn: { fates } }) => {
      const note = fates.set.bind(fates);
      fates.set = (change, fate) => (fate === KEPT ? fates : note(change, fate));
    },
  ],
  [
    'a fan-out of many turns is acknowledged without a share that failed',
    /^(lost|promise)$/,
    ({ turn }) => {
      const { fates } = turn;
      const note = fates.set.bind(fates);
      fates.set = (change, fate) => {
        if (!(fate instanceof LongFanOut)) return note(change, fate);
        const refused = (): 'never' => {
          fate.taken();
          return 'never';
        };
        return note(change, { taken: () => fate.taken(), refused });
      };
    },
  ],
];

interface Opening {
  readonly context: BrokerContext;
  readonly connection: ClientConnection;
  readonly request: OpenRequest;
}

function beforeOpening(act: (opening: Opening) => void): Sabotage {
  return (context) => {
    const { sessions } = context;
    const open = sessions.open.bind(sessions);
    sessions.open = (connection, request) => {
      act({ context, connection, request });
      return open(connection, request);
    };
  };
}

function whenOpened(act: (opened: Opening & { readonly session: Session }) => void): Sabotage {
  return (context) => {
    const { sessions } = context;
    const open = sessions.open.bind(sessions);
    sessions.open = (connection, request) => {
      const opened = open(connection, request);
      act({ context, connection, request, session: opened.session });
      return opened;
    };
  };
}

test.each(SABOTAGES)(
  'the fuzzer finds it: %s',
  { timeout: 120_000 },
  async (_name, rules, sabotage) => {
    const found = await campaign(1, 200_000, sabotage);
    expect(found?.violation.rule).toMatch(rules);
    expect(found?.report).toContain('The shortest sequence');
  },
);
