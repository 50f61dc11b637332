import { aedes } from './aedes.ts';
import type { BrokerKind, BrokerName } from './broker-process.ts';
import { mosquitto } from './mosquitto.ts';
import { wellhead, wellheadDisk } from './wellhead.ts';

export const brokerKinds: { readonly [name in BrokerName]: BrokerKind } = {
  wellhead,
  'wellhead-disk': wellheadDisk,
  mosquitto,
  aedes,
};
