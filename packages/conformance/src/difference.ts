import { describeValue } from './describe-packet.ts';

/** Values that are asked of some fields: nested objects in part, arrays and bytes whole, text for bytes as UTF-8. */
export type Expected<T> = {
  readonly [K in keyof T]?: T[K] extends Uint8Array
    ? T[K] | string
    : NonNullable<T[K]> extends readonly unknown[] | Uint8Array
      ? T[K] | (NonNullable<T[K]> extends Uint8Array ? string : never) | undefined
      : NonNullable<T[K]> extends object
        ? Expected<NonNullable<T[K]>>
        : T[K] | undefined;
};

/** The first field that differs, in words; undefined when all that is asked is there. */
export function difference(expected: object, actual: object, path = ''): string | undefined {
  for (const [name, wanted] of Object.entries(expected)) {
    const found: unknown = Reflect.get(actual, name);
    const where = path === '' ? name : `${path}.${name}`;
    if (isRecord(wanted)) {
      const inner = difference(wanted, isRecord(found) ? found : {}, where);
      if (inner) return inner;
    } else if (!isSame(wanted, found)) {
      return `${where} ${describeValue(wanted)} but it is ${describeValue(found)}`;
    }
  }
  return undefined;
}

/** Equality by content for what packets are made of. */
function isSame(a: unknown, b: unknown): boolean {
  if (typeof a === 'string' && b instanceof Uint8Array) return Buffer.from(a).equals(b);
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.from(a).equals(b);
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((item, i) => isSame(item, b[i]));
  }
  if (isRecord(a) && isRecord(b)) return difference(a, b) === undefined;
  return a === b;
}

function isRecord(value: unknown): value is object {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Uint8Array)
  );
}
