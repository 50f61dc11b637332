import { decode, type Packet, encode } from '@wellhead/codec';
import { connect, createServer, type Socket } from 'node:net';
import { PacketFramer } from '../src/packet-framer.ts';

/** A server that does what it must not. */
export interface BrokenServer extends AsyncDisposable {
  readonly target: string;
}

/** Takes every connection to `serve`; a free port. */
async function listen(serve: (socket: Socket) => void): Promise<BrokenServer> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    serve(socket);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return {
    target: `mqtt://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}

/** Reads, and never says a word. */
export function silentServer(): Promise<BrokenServer> {
  return listen((socket) => socket.resume());
}

/** Closes whatever comes, at the first byte. */
export function closingServer(): Promise<BrokenServer> {
  return listen((socket) => socket.once('data', () => socket.end()));
}

/** Answers every packet with success, whatever it says, delivers nothing and never closes. */
export function agreeingServer(): Promise<BrokenServer> {
  return listen((socket) => {
    const framer = new PacketFramer();
    socket.on('data', (chunk) => {
      for (const packet of packetsOf(framer, chunk)) socket.write(agreement(packet));
    });
  });
}

/** What cannot be cut into packets is agreed with as well. */
function packetsOf(framer: PacketFramer, chunk: Uint8Array): readonly Uint8Array[] {
  try {
    return framer.push(chunk);
  } catch {
    return [];
  }
}

function agreement(packet: Uint8Array): Uint8Array {
  const first = packet[0] ?? 0;
  const body = packet.subarray(2);
  const [high = 0, low = 1] = (first & 0xf0) === 0x30 ? publishId(body) : body;
  switch (first >> 4) {
    case 1:
      return Uint8Array.of(0x20, 3, 0, 0, 0);
    case 3:
      if ((first & 6) === 0) return new Uint8Array(0);
      return Uint8Array.of((first & 6) === 2 ? 0x40 : 0x50, 2, high, low);
    case 6:
      return Uint8Array.of(0x70, 2, high, low);
    case 8:
      return Uint8Array.of(0x90, 4, high, low, 0, 2);
    case 10:
      return Uint8Array.of(0xb0, 4, high, low, 0, 0);
    case 12:
      return Uint8Array.of(0xd0, 0);
    default:
      return new Uint8Array(0);
  }
}

function publishId(body: Uint8Array): Uint8Array {
  const topicLength = ((body[0] ?? 0) << 8) | (body[1] ?? 0);
  return body.subarray(2 + topicLength);
}

/** What a broken server says instead of one packet of a right one; bytes go out as they are. */
export type Fault = (packet: Packet) => Iterable<Packet | Uint8Array>;

/** A right server behind a proxy that falsifies what it says to MQTT 5.0 clients. */
export function faultyServer(target: string, fault: Fault): Promise<BrokenServer> {
  const { hostname, port } = new URL(target);
  return listen((socket) => {
    const upstream = connect({ host: hostname, port: Number(port), noDelay: true });
    const framer = new PacketFramer();
    upstream.on('error', () => undefined);
    socket.pipe(upstream);
    socket.on('close', () => upstream.destroy());
    upstream.on('data', (chunk) => {
      for (const bytes of framer.push(chunk)) {
        for (const said of fault(decode(bytes, { role: 'client', protocolVersion: 5 }))) {
          socket.write(said instanceof Uint8Array ? said : encode(said, 5));
        }
      }
    });
    upstream.on('end', () => socket.end());
  });
}
