import type { IProperties, UserProperties } from './mqtt-packet-shapes.ts';
import type { Properties } from './properties.ts';
import { PropertyKind, propertyRows } from './property-table.ts';

/** Our properties in the shape of mqtt-packet; `bytes` makes byte arrays of the class that the reader expects. */
export function toTheirProperties(
  properties: Properties,
  bytes: (own: Uint8Array) => Uint8Array,
): IProperties {
  const theirs: { [name: string]: unknown } = {};
  for (const row of propertyRows) {
    const value = properties[row.name];
    if (value === undefined) continue;
    if (row.name === 'subscriptionIdentifiers') {
      const [first, ...others] = properties.subscriptionIdentifiers ?? [];
      theirs['subscriptionIdentifier'] = others.length === 0 ? first : [first, ...others];
    } else if (row.name === 'userProperties') {
      theirs[row.name] = byName(properties.userProperties ?? []);
    } else if (value instanceof Uint8Array) {
      theirs[row.name] = bytes(value);
    } else {
      theirs[row.name] = isBoolean(row.name, row.kind) ? value === 1 : value;
    }
  }
  // each value has the type that mqtt-packet gives to the name
  return theirs;
}

/** The reverse. `null` counts as absent; a boolean may also be given as 0 or 1. */
export function toOurProperties(theirs: IProperties | null | undefined): Properties | undefined {
  if (theirs === undefined || theirs === null) return undefined;
  const ours: { [name: string]: unknown } = {};
  for (const row of propertyRows) {
    if (row.name === 'subscriptionIdentifiers') {
      const identifiers = theirs.subscriptionIdentifier ?? undefined;
      if (identifiers !== undefined) ours[row.name] = [identifiers].flat();
    } else if (row.name === 'userProperties') {
      const named = theirs.userProperties ?? undefined;
      if (named !== undefined) ours[row.name] = asPairs(named);
    } else {
      const value = theirs[row.name] ?? undefined;
      if (value !== undefined) ours[row.name] = typeof value === 'boolean' ? Number(value) : value;
    }
  }
  // values of a wrong type are refused by the encoder
  return ours;
}

/** Like mqtt-packet's: without a prototype, and a list for a name that occurs more than once. */
function byName(pairs: readonly (readonly [string, string])[]): UserProperties {
  // Object.create gives `any`
  const named: UserProperties = Object.create(null) as UserProperties;
  for (const [name, value] of pairs) {
    const before = named[name];
    if (before === undefined) named[name] = value;
    else if (Array.isArray(before)) before.push(value);
    else named[name] = [before, value];
  }
  return named;
}

function asPairs(named: UserProperties): [string, string][] {
  return Object.entries(named).flatMap(([name, values]) =>
    [values].flat().map((value): [string, string] => [name, value]),
  );
}

function isBoolean(name: keyof Properties, kind: PropertyKind): boolean {
  return kind === PropertyKind.Bit && name !== 'maximumQoS';
}
