import { setTimeout as sleep } from 'node:timers/promises';
import { LoadClient, type LoadContext } from './load-client.ts';
import { MessageFlow } from './message-flow.ts';
import { Publisher } from './publisher.ts';

/** Subscribers to everything that have stopped reading, behind full socket buffers. */
export async function stallReaders(
  context: LoadContext,
  progress: (what: string) => void,
): Promise<void> {
  progress('stalling readers');
  const ignore = { message() {}, acknowledged() {}, endTurn() {} };
  for (let index = 0; index < READERS; index++) {
    const reader = await LoadClient.connect(context, ignore, { clientId: `stalled-${index}` });
    await reader.subscribe(['bench/#']);
    reader.channel.socket.pause();
  }
  // 16 MB are more than the kernel keeps for a socket, and the broker has to find its way around the rest
  const flow = new MessageFlow({
    publishers: 1,
    subscribers: 1,
    window: WINDOW,
    isAcknowledged: true,
    gaps: false,
    turn: context.turn,
  });
  const bench = { ...context.bench, qos: 1, size: 64 * 1024, rate: 0, window: WINDOW } as const;
  const filler = new Publisher({ ...context, bench }, flow, 0, [
    { topicName: 'bench/filler', receivers: 0 },
  ]);
  filler.left = MESSAGES;
  filler.client = await LoadClient.connect(context, filler, { clientId: 'filler' });
  flow.completed = () => filler.client?.touch();
  filler.client.touch();
  while (filler.left > 0 || !flow.isEmpty) await sleep(50);
  filler.client.leave();
}

const READERS = 10;
const MESSAGES = 256;
const WINDOW = 8;
