// The chapters that statements are grouped by.

/**
 * `3.1 CONNECT` for `MQTT-3.1.2-1`.
 * @param {import('./statements.js').Version} version
 * @param {string} id
 */
export function sectionOf(version, id) {
  const [, number = ''] = /^MQTT-(\d+(?:\.\d+)?)/.exec(id) ?? [];
  const title = titles[version][number] ?? packets[number];
  if (!title)
    throw new Error(`scripts/conformance/sections.js: no title for ${number} of ${version}`);
  return `${number.replace('.0', '')} ${title}`;
}

/** @type {Readonly<Record<string, string>>} */
const packets = {
  3.1: 'CONNECT',
  3.2: 'CONNACK',
  3.3: 'PUBLISH',
  3.4: 'PUBACK',
  3.5: 'PUBREC',
  3.6: 'PUBREL',
  3.7: 'PUBCOMP',
  3.8: 'SUBSCRIBE',
  3.9: 'SUBACK',
  '3.10': 'UNSUBSCRIBE',
  3.11: 'UNSUBACK',
  3.12: 'PINGREQ',
  3.14: 'DISCONNECT',
  3.15: 'AUTH',
};

/** @type {Readonly<Record<import('./statements.js').Version, Readonly<Record<string, string>>>>} */
const titles = {
  '5.0': {
    1.5: 'Data representation',
    2.1: 'Structure of a packet',
    2.2: 'Variable header',
    4.1: 'Session state',
    4.2: 'Network Connections',
    4.3: 'Quality of Service levels',
    4.4: 'Message delivery retry',
    4.5: 'Message receipt',
    4.6: 'Message ordering',
    4.7: 'Topic Names and Topic Filters',
    4.8: 'Subscriptions',
    4.9: 'Flow control',
    4.12: 'Enhanced authentication',
    4.13: 'Handling errors',
    '6.0': 'WebSocket as a transport',
  },
  '3.1.1': {
    1.5: 'Data representation',
    2.2: 'Fixed header',
    2.3: 'Variable header',
    4.1: 'Storing state',
    4.3: 'Quality of Service levels',
    4.4: 'Message delivery retry',
    4.5: 'Message receipt',
    4.6: 'Message ordering',
    4.7: 'Topic Names and Topic Filters',
    4.8: 'Handling errors',
    '6.0': 'WebSocket as a transport',
    '7.0': 'Conformance',
    7.1: 'Conformance of a server and of a client',
  },
};
