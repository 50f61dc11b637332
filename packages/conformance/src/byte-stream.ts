import { connect } from 'node:net';
import { WebSocket } from 'ws';
import type { Target } from './target.ts';

/** A Network Connection as a case sees it. */
export interface ByteStream {
  /** The subprotocol that a WebSocket server selected; empty on TCP. */
  readonly subprotocol: string;
  write(bytes: Uint8Array): void;
  /** A WebSocket text frame; TCP has none. */
  writeText?(text: string): void;
  /** Nothing more to send: FIN, or a WebSocket Close. */
  end(): void;
  /** The connection is lost: no goodbye. */
  destroy(): void;
}

/** What a {@link ByteStream} tells its owner. */
export interface StreamReceiver {
  data(bytes: Uint8Array): void;
  /** A WebSocket text frame came. */
  text(text: string): void;
  /** Exactly once. `how` is for the transcript: `end`, `reset`, … */
  closed(how: string): void;
}

/** Options for the WebSocket handshake. */
export interface HandshakeOptions {
  /** @default ['mqtt'] */
  readonly subprotocols?: readonly string[];
}

/** Opens a connection; rejects when the server cannot be reached within `timeout` milliseconds. */
export function openStream(
  target: Target,
  receiver: StreamReceiver,
  timeout: number,
  handshake: HandshakeOptions = {},
): Promise<ByteStream> {
  return target.transport === 'tcp'
    ? openTcp(target, receiver, timeout)
    : openWebSocket(target, receiver, timeout, handshake);
}

function openTcp(target: Target, receiver: StreamReceiver, timeout: number): Promise<ByteStream> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: target.host, port: target.port, noDelay: true });
    let how = 'closed';
    const timer = setTimeout(() => {
      socket.destroy(new Error(`no connection within ${timeout} ms`));
    }, timeout);
    socket.on('error', (error: NodeJS.ErrnoException) => {
      how = error.code ?? error.message;
      reject(error);
    });
    socket.on('end', () => {
      how = 'end of stream';
    });
    socket.on('data', (chunk) => receiver.data(chunk));
    socket.on('close', () => {
      clearTimeout(timer);
      receiver.closed(how);
    });
    socket.once('connect', () => {
      clearTimeout(timer);
      resolve({
        subprotocol: '',
        write: (bytes) => void (socket.destroyed || socket.write(bytes)),
        end: () => void socket.end(),
        destroy: () => void socket.destroy(),
      });
    });
  });
}

function openWebSocket(
  target: Target,
  receiver: StreamReceiver,
  timeout: number,
  handshake: HandshakeOptions,
): Promise<ByteStream> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(target.url, [...(handshake.subprotocols ?? ['mqtt'])], {
      handshakeTimeout: timeout,
      perMessageDeflate: false,
    });
    socket.on('error', reject);
    socket.on('message', (data, isBinary) => {
      const chunk = messageBytes(data);
      if (isBinary) receiver.data(chunk);
      else receiver.text(Buffer.from(chunk).toString('utf8'));
    });
    socket.on('close', (code) => receiver.closed(`WebSocket close ${code}`));
    socket.once('open', () => {
      const isOpen = (): boolean => socket.readyState === WebSocket.OPEN;
      resolve({
        subprotocol: socket.protocol,
        write: (bytes) => void (isOpen() && socket.send(bytes)),
        writeText: (text) => void (isOpen() && socket.send(text)),
        end: () => socket.close(),
        destroy: () => socket.terminate(),
      });
    });
  });
}

function messageBytes(data: Buffer | ArrayBuffer | Buffer[]): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}
