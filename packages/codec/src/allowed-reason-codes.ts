import { PacketType, type ProtocolVersion, type Role } from './packet-type.ts';

/** Whose packet it is; `undefined` asks for the codes of either side. */
type Sender = Role | undefined;

/** Does MQTT allow this code in this packet, from this sender? PUBACK to PUBCOMP, DISCONNECT and AUTH have none in 3.x. */
export function isReasonCodeAllowed(
  type: PacketType,
  code: number,
  protocolVersion: ProtocolVersion,
  sender: Sender,
): boolean {
  if (protocolVersion !== 5)
    return (codes3[type] ?? none).has(code) && !(protocolVersion === 3 && code === 0x80);
  if (!(codes5[type] ?? none).has(code)) return false;
  const oneSided = type === PacketType.Disconnect ? disconnectSender : sides[type];
  const only = oneSided?.get(code);
  return sender === undefined || only === undefined || only === sender;
}

const none: ReadonlySet<number> = new Set();

const publishOutcome: ReadonlySet<number> = new Set([
  0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99,
]);
const releaseOutcome: ReadonlySet<number> = new Set([0x00, 0x92]);

const codes5: { readonly [type: number]: ReadonlySet<number> } = {
  // [MQTT-3.2.2-8]
  [PacketType.Connack]: new Set([
    0x00, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8c, 0x90, 0x95, 0x97,
    0x99, 0x9a, 0x9b, 0x9c, 0x9d, 0x9f,
  ]),
  // [MQTT-3.4.2-1] [MQTT-3.5.2-1] [MQTT-3.6.2-1] [MQTT-3.7.2-1]
  [PacketType.Puback]: publishOutcome,
  [PacketType.Pubrec]: publishOutcome,
  [PacketType.Pubrel]: releaseOutcome,
  [PacketType.Pubcomp]: releaseOutcome,
  // [MQTT-3.9.3-2]
  [PacketType.Suback]: new Set([
    0x00, 0x01, 0x02, 0x80, 0x83, 0x87, 0x8f, 0x91, 0x97, 0x9e, 0xa1, 0xa2,
  ]),
  // [MQTT-3.11.3-2]
  [PacketType.Unsuback]: new Set([0x00, 0x11, 0x80, 0x83, 0x87, 0x8f, 0x91]),
  // [MQTT-3.14.2-1] table 3-10; 0x8C stands in table 2-6 only, so it is left out
  [PacketType.Disconnect]: new Set([
    0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8b, 0x8d, 0x8e, 0x8f, 0x90, 0x93, 0x94, 0x95,
    0x96, 0x97, 0x98, 0x99, 0x9a, 0x9b, 0x9c, 0x9d, 0x9e, 0x9f, 0xa0, 0xa1, 0xa2,
  ]),
  // [MQTT-3.15.2-1]
  [PacketType.Auth]: new Set([0x00, 0x18, 0x19]),
};

const codes3: { readonly [type: number]: ReadonlySet<number> } = {
  // [MQTT-3.2.2-6 @3.1.1] 6..255 are reserved
  [PacketType.Connack]: new Set([0, 1, 2, 3, 4, 5]),
  // [MQTT-3.9.3-2 @3.1.1]; MQTT 3.1 has no failure code
  [PacketType.Suback]: new Set([0x00, 0x01, 0x02, 0x80]),
};

const onlyServer: ReadonlyMap<number, Role> = new Map([[0x10, 'server']]);

const sides: { readonly [type: number]: ReadonlyMap<number, Role> } = {
  [PacketType.Puback]: onlyServer,
  [PacketType.Pubrec]: onlyServer,
  [PacketType.Auth]: new Map([
    [0x00, 'server'],
    [0x19, 'client'],
  ]),
};

// 0x9B is the server's in table 3-10, but section 3.3.4 lets a client send it: both may.
const disconnectSender: ReadonlyMap<number, Role> = new Map<number, Role>([
  [0x04, 'client'],
  ...[0x87, 0x89, 0x8b, 0x8d, 0x8e, 0x8f, 0x9a, 0x9c, 0x9d, 0x9e, 0x9f, 0xa0, 0xa1, 0xa2].map(
    (code): [number, Role] => [code, 'server'],
  ),
]);
