import type { PacketType } from './packet-type.ts';
import { notMinimal, tooLong } from './variable-byte-integer.ts';
import { MalformedPacketError, ProtocolError } from './protocol-error.ts';

/** One rule of the wire format: the Reason Code for breaking it, what to say, and its statement id in 5.0 and 3.1.1. */
export type Rule = readonly [
  reasonCode: number,
  message: string,
  statement5?: string,
  statement311?: string,
];

/** The error for a broken rule; 3.1 is told the statement of 3.1.1, which put the same rule into words. */
export function violation(rule: Rule, protocolVersion: number): ProtocolError {
  const before5 = protocolVersion === 3 || protocolVersion === 4;
  const [reasonCode, text, statement5, statement311] = rule;
  const id = before5 ? statement311 : statement5;
  const statement = id ? `MQTT-${id}${before5 ? ' @3.1.1' : ''}` : undefined;
  const message = statement ? `${text} [${statement}]` : text;
  return reasonCode === 0x81
    ? new MalformedPacketError(message, { statement })
    : new ProtocolError(reasonCode, message, { statement });
}

/** Where the specification names no code (tables section 4, marked ambiguous) the choice is explained at the rule. */
export const rules = {
  reservedType: [0x81, 'the packet type is reserved'],
  reservedFlags: [0x81, 'the flags of the fixed header are wrong', '2.1.3-1', '2.2.2-1'],
  publishQoS3: [0x81, 'a PUBLISH has QoS 3', '3.3.1-4', '3.3.1-4'],
  dupAtQoS0: [0x81, 'a PUBLISH has DUP at QoS 0', '3.3.1-2', '3.3.1-2'],
  wrongDirection: [0x82, 'this side never sends this packet'],
  connectFirst: [0x82, 'the first packet is not a CONNECT', '3.1.0-1', '3.1.0-1'],
  connectOnce: [0x82, 'a second CONNECT', '3.1.0-2', '3.1.0-2'],
  integerTooLong: [0x81, 'a Variable Byte Integer has more than four bytes', '1.5.5-1'],
  integerNotMinimal: [0x81, 'a Variable Byte Integer is not in its shortest form', '1.5.5-1'],
  packetTooLarge: [0x95, 'the packet is above the Maximum Packet Size'],
  requestTooLarge: [0x97, 'the packet is larger than this receiver takes of its kind'],
  propertiesTooLarge: [0x97, 'the properties are larger than this receiver takes of a PUBLISH'],
  truncated: [0x81, 'a field ends behind its packet'],
  trailingBytes: [0x81, 'the packet goes on behind its last field'],
  notOnePacket: [0x81, 'the bytes are not exactly one packet'],

  // No code is named for Packet Identifier 0; it parses, so it is not malformed.
  packetIdZero: [0x82, 'the Packet Identifier is 0', '2.2.1-3', '2.3.1-1'],
  stringIllFormed: [0x81, 'a string is not well-formed UTF-8', '1.5.4-1', '1.5.3-1'],
  stringNull: [0x81, 'a string contains U+0000', '1.5.4-2', '1.5.3-2'],

  topicNameEmpty: [0x82, 'the Topic Name is empty', '4.7.3-1', '4.7.3-1'],
  // 0x90 says best what is wrong, and DISCONNECT and CONNACK may both carry it.
  topicNameWildcard: [0x90, 'a Topic Name contains a wildcard', '3.3.2-2', '3.3.2-2'],
  topicNameTooLong: [0x90, 'the Topic Name is longer than the limit'],
  topicNameTooDeep: [0x90, 'the Topic Name has more levels than the limit'],
  topicAliasZero: [0x94, 'the Topic Alias is 0', '3.3.2-8'],
  willTopicEmpty: [0x90, 'the Will Topic is empty', '4.7.3-1', '4.7.3-1'],
  willTopicWildcard: [0x90, 'the Will Topic contains a wildcard', '4.7.0-1', '4.7.1-1'],
  // Not 0x90: that would blame the packet's Topic Name, which may be right.
  responseTopic: [0x82, 'the Response Topic is empty or contains a wildcard', '3.3.2-14'],

  propertyUnknown: [0x81, 'there is no such property'],
  propertyNotAllowed: [0x81, 'the property has no place in this packet'],
  propertyRepeated: [0x82, 'the property stands twice in a packet'],
  propertyRange: [0x82, 'the value of a property is out of range'],
  subscriptionIdentifierFromClient: [
    0x82,
    'a client sent a Subscription Identifier in a PUBLISH',
    '3.3.4-6',
  ],
  sessionExpiryFromServer: [
    0x82,
    'a server sent a Session Expiry Interval in a DISCONNECT',
    '3.14.2-2',
  ],
  serverReferenceFromClient: [0x82, 'a client sent a Server Reference'],
  authenticationDataAlone: [0x82, 'Authentication Data without an Authentication Method'],
  authenticationMethodMissing: [0x82, 'an AUTH without an Authentication Method'],

  protocolName: [0x84, 'the Protocol Name is not one of MQTT', '3.1.2-1', '3.1.2-1'],
  protocolVersion: [0x84, 'the Protocol Version is not supported', '3.1.2-2', '3.1.2-2'],
  connectReservedFlag: [0x81, 'the reserved Connect Flag is set', '3.1.2-3', '3.1.2-3'],
  willQoS3: [0x81, 'the Will QoS is 3', '3.1.2-12', '3.1.2-14'],
  willQoSAlone: [0x81, 'a Will QoS without the Will Flag', '3.1.2-11', '3.1.2-13'],
  willRetainAlone: [0x81, 'Will Retain without the Will Flag', '3.1.2-13', '3.1.2-15'],
  passwordAlone: [0x81, 'a Password without a User Name', '', '3.1.2-22'],

  connackFlags: [0x81, 'reserved bits of the CONNACK flags are set', '3.2.2-1'],
  sessionPresentOnRefusal: [0x82, 'a refusing CONNACK has Session Present', '3.2.2-6', '3.2.2-4'],

  subscribeEmpty: [0x82, 'a SUBSCRIBE has no Topic Filter', '3.8.3-2', '3.8.3-3'],
  unsubscribeEmpty: [0x82, 'an UNSUBSCRIBE has no Topic Filter', '3.10.3-2', '3.10.3-2'],
  // Not 0x8F, which is for filters that are "correctly formed".
  topicFilterEmpty: [0x82, 'a Topic Filter is empty', '4.7.3-1', '4.7.3-1'],
  subscriptionOptions: [
    0x81,
    'reserved bits of the Subscription Options are set',
    '3.8.3-5',
    '3.8.3-4',
  ],
  subscriptionQoS3: [0x82, 'a Topic Filter asks for QoS 3', '', '3.8.3-4'],
  retainHandling3: [0x82, 'a Topic Filter asks for Retain Handling 3'],
  noLocalShared: [0x82, 'No Local on a Shared Subscription', '3.8.3-4'],
  subackEmpty: [0x82, 'a SUBACK has no Reason Code', '3.9.3-2', '3.8.4-5'],
  unsubackEmpty: [0x82, 'an UNSUBACK has no Reason Code', '3.11.3-2'],
} as const;

/** What is wrong when `readInteger` answers with a negative number at the end of the bytes. */
export function integerRule(answer: number): Rule {
  if (answer === tooLong) return rules.integerTooLong;
  return answer === notMinimal ? rules.integerNotMinimal : rules.truncated;
}

/** A Reason Code that this packet, or this sender, cannot carry. It parses, so it is not malformed. */
export function reasonCodeRule(type: PacketType): Rule {
  return reasonCodeRules[type] ?? [0x82, 'the Reason Code has no place in this packet'];
}

const reasonCodeRules: { readonly [type: number]: Rule } = {
  2: [0x82, 'no Reason Code of a CONNACK', '3.2.2-8', '3.2.2-6'],
  4: [0x82, 'no Reason Code of a PUBACK from this side', '3.4.2-1'],
  5: [0x82, 'no Reason Code of a PUBREC from this side', '3.5.2-1'],
  6: [0x82, 'no Reason Code of a PUBREL', '3.6.2-1'],
  7: [0x82, 'no Reason Code of a PUBCOMP', '3.7.2-1'],
  9: [0x82, 'no Reason Code of a SUBACK', '3.9.3-2', '3.9.3-2'],
  11: [0x82, 'no Reason Code of an UNSUBACK', '3.11.3-2'],
  14: [0x82, 'no Reason Code of a DISCONNECT from this side', '3.14.2-1'],
  15: [0x82, 'no Reason Code of an AUTH from this side', '3.15.2-1'],
};
