// MQTT.js clients, told what to do by lines of JSON on standard input. What happens is told by
// lines of JSON on standard output. paho-client.py speaks the same.

import { createInterface } from 'node:readline';
import { connect } from 'mqtt';

/** @type {Map<string, import('mqtt').MqttClient>} */
const clients = new Map();

const actions = {
  /** @param {any} command */
  open({ as, transport, host, port, path, version, clientId, persistent, will }) {
    const client = connect({
      protocol: transport === 'ws' ? 'ws' : 'mqtt',
      host,
      port,
      path,
      protocolVersion: version,
      protocolId: version === 3 ? 'MQIsdp' : 'MQTT',
      clientId,
      clean: !persistent,
      will: will && { ...will, payload: Buffer.from(will.payload) },
      properties: version === 5 && persistent ? { sessionExpiryInterval: 3600 } : undefined,
      resubscribe: false,
      reconnectPeriod: 0,
    });
    clients.set(as, client);
    let isEnding = false;
    /** @type {number | null} */
    let reasonCode = null;
    client.on('connect', ({ sessionPresent }) => tell(as, 'connected', { sessionPresent }));
    client.on('message', (topic, payload, { qos, retain }) => {
      tell(as, 'message', { topic, payload: payload.toString(), qos, retain });
    });
    client.on('disconnect', (packet) => (reasonCode = packet.reasonCode ?? 0));
    client.on('end', () => (isEnding = true));
    client.on('close', () =>
      tell(as, isEnding || client.disconnecting ? 'closed' : 'lost', { reasonCode }),
    );
    client.on('error', (error) => tell(as, 'failed', { reason: error.message }));
  },

  /** @param {any} command */
  async subscribe({ as, filter, qos }) {
    await clients.get(as)?.subscribeAsync(filter, { qos });
    tell(as, 'subscribed');
  },

  /** @param {any} command */
  async publish({ as, topic, payload, qos, retain }) {
    await clients.get(as)?.publishAsync(topic, payload, { qos, retain });
    tell(as, 'published');
  },

  /** @param {any} command */
  async close({ as }) {
    await clients.get(as)?.endAsync();
  },
};

/**
 * @param {string} as
 * @param {string} event
 * @param {object} [fields]
 */
function tell(as, event, fields) {
  process.stdout.write(`${JSON.stringify({ as, event, ...fields })}\n`);
}

for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  await actions[/** @type {keyof typeof actions} */ (command.do)](command);
}
process.exit();
