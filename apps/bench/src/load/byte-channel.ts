import net from 'node:net';
import tls from 'node:tls';
import { randomBytes } from 'node:crypto';
import type { Transport } from '../bench-case.ts';
import { FRAME_HEADER_ROOM, FrameReader, writeFrameHeader } from './web-socket-frames.ts';

/** Where a broker listens. */
export interface Address {
  readonly transport: Transport;
  readonly port: number;
  /** Path of the WebSocket. */
  readonly path: string;
}

export interface ChannelOptions {
  /** One of the addresses of the loopback device, so that many connections do not run out of ports. */
  readonly localAddress?: string | undefined;
  /** Bytes are valid during the call. */
  readonly receive: (chunk: Buffer, start: number, end: number) => void;
  readonly closed: (reason: string) => void;
}

/** A byte stream to a broker over TCP, TLS or WebSocket; output gathers until `flush`. */
export class ByteChannel {
  readonly socket: net.Socket;
  readonly #isWebSocket: boolean;
  #out = Buffer.alloc(0);
  #length = FRAME_HEADER_ROOM;

  constructor(socket: net.Socket, isWebSocket: boolean) {
    this.socket = socket;
    this.#isWebSocket = isWebSocket;
  }

  get isEmpty(): boolean {
    return this.#length === FRAME_HEADER_ROOM;
  }

  append(bytes: Uint8Array, length: number = bytes.length): void {
    const room = this.#room(length);
    room.set(length === bytes.length ? bytes : bytes.subarray(0, length), this.#length);
    this.#length += length;
  }

  appendAcknowledgement(firstByte: number, packetId: number): void {
    const room = this.#room(4);
    room[this.#length] = firstByte;
    room[this.#length + 1] = 2;
    room[this.#length + 2] = packetId >> 8;
    room[this.#length + 3] = packetId & 0xff;
    this.#length += 4;
  }

  flush(): void {
    if (this.isEmpty) return;
    const start = this.#isWebSocket
      ? writeFrameHeader(this.#out, FRAME_HEADER_ROOM, this.#length - FRAME_HEADER_ROOM)
      : FRAME_HEADER_ROOM;
    this.socket.write(this.#out.subarray(start, this.#length));
    // what the kernel did not take at once is still being read from the buffer
    if (this.socket.writableLength > 0) this.#out = Buffer.alloc(0);
    this.#length = FRAME_HEADER_ROOM;
  }

  /**
   * Writes bytes of the caller without a copy where the transport allows it. Returns false when they
   * are still needed, so must not be changed.
   */
  writeNow(bytes: Buffer): boolean {
    if (this.#isWebSocket || !this.isEmpty) {
      this.append(bytes);
      this.flush();
      return true;
    }
    this.socket.write(bytes);
    return this.socket.writableLength === 0;
  }

  #room(length: number): Buffer {
    if (this.#length + length <= this.#out.length) return this.#out;
    const larger = Buffer.alloc(Math.max(1024, 2 * (this.#length + length)));
    this.#out.copy(larger, 0, 0, this.#length);
    this.#out = larger;
    return larger;
  }
}

/** Resolves when bytes of MQTT can go out. */
export async function openChannel(address: Address, options: ChannelOptions): Promise<ByteChannel> {
  const isWebSocket = address.transport === 'ws';
  const socket =
    address.transport === 'tls' ? await openTls(address, options) : await openTcp(address, options);
  socket.setNoDelay(true);
  socket.on('error', (error) => options.closed(error.message));
  socket.on('close', () => options.closed('closed by the broker'));
  return new ByteChannel(socket, isWebSocket);
}

function openTcp(
  address: Address,
  { localAddress, receive, closed }: ChannelOptions,
): Promise<net.Socket> {
  const upgrade = address.transport === 'ws' ? new Upgrade(receive) : undefined;
  return new Promise((resolve, reject) => {
    const socket = net.connect({
      host: '127.0.0.1',
      port: address.port,
      ...(localAddress !== undefined && { localAddress }),
      // one buffer for all sockets: what it holds is looked at before the next read
      onread: {
        buffer: readBuffer,
        callback(length, buffer) {
          if (buffer !== readBuffer) return false;
          if (upgrade === undefined) receive(readBuffer, 0, length);
          else upgrade.receive(readBuffer, length, () => resolve(socket), closed);
          return true;
        },
      },
    });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      if (upgrade === undefined) resolve(socket);
      else socket.write(upgradeRequest(address));
    });
  });
}

function openTls(
  { port }: Address,
  { localAddress, receive }: ChannelOptions,
): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({
      host: '127.0.0.1',
      port,
      ...(localAddress !== undefined && { localAddress }),
      rejectUnauthorized: false, // the certificate was made for this run, and costs the broker the same
    });
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      socket.off('error', reject);
      socket.on('data', (chunk: Buffer) => receive(chunk, 0, chunk.length));
      resolve(socket);
    });
  });
}

/** The answer to an HTTP upgrade; what follows it is frames. */
class Upgrade {
  readonly #frames: FrameReader;
  #answer = '';
  #isDone = false;

  constructor(receive: ChannelOptions['receive']) {
    this.#frames = new FrameReader(receive);
  }

  receive(chunk: Buffer, length: number, done: () => void, failed: (reason: string) => void): void {
    if (this.#isDone) return this.#frames.receive(chunk, 0, length);
    this.#answer += chunk.toString('latin1', 0, length);
    const end = this.#answer.indexOf('\r\n\r\n');
    if (end < 0) return undefined;
    if (!this.#answer.startsWith('HTTP/1.1 101'))
      return failed(`upgrade refused: ${this.#answer.slice(0, 40)}`);
    this.#isDone = true;
    const rest = Buffer.from(this.#answer.slice(end + 4), 'latin1');
    if (rest.length > 0) this.#frames.receive(rest, 0, rest.length);
    return done();
  }
}

function upgradeRequest({ port, path }: Address): string {
  return [
    `GET ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    'Sec-WebSocket-Protocol: mqtt',
    '\r\n',
  ].join('\r\n');
}

const readBuffer = Buffer.allocUnsafe(256 * 1024);
