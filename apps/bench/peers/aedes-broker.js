// Runs Aedes as its documentation shows: node aedes-broker.js tcp|tls|ws [cert key]. Says its port.

import { readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { Aedes } from 'aedes';
import { WebSocketServer, createWebSocketStream } from 'ws';

const [transport = 'tcp', cert = '', key = ''] = process.argv.slice(2);
const aedes = await Aedes.createBroker();
const server = createListener();
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  console.log(`port ${typeof address === 'object' && address ? address.port : ''}`);
});
process.on('SIGTERM', () => process.exit(0));

function createListener() {
  if (transport === 'tls') {
    return createTlsServer({ cert: readFileSync(cert), key: readFileSync(key) }, aedes.handle);
  }
  if (transport === 'tcp') return createServer(aedes.handle);
  const http = createHttpServer();
  const options = { server: http, perMessageDeflate: false, handleProtocols: () => 'mqtt' };
  const webSockets = new WebSocketServer(options);
  webSockets.on('connection', (socket, request) => {
    aedes.handle(createWebSocketStream(socket), request);
  });
  return http;
}
