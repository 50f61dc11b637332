import type { PublishParts } from '@wellhead/codec';

/** What a packet is encoded from, to be filled anew for each. */
export function blankParts(): PublishParts {
  return {
    topicBytes: NOTHING,
    qos: 0,
    dup: false,
    retain: false,
    payload: NOTHING,
    payloadFrom: undefined,
    payloadTo: undefined,
    properties: undefined,
    messageExpiryInterval: undefined,
    subscriptionIdentifiers: undefined,
    topicAlias: 0,
  };
}

const NOTHING = new Uint8Array(0);
