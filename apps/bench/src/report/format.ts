/** A figure for people: three digits that mean something, and its unit. */
export function withUnit(value: number, unit: string): string {
  if (unit === '/s') return `${thousands(value)}/s`;
  return unit === '' ? significant(value) : `${significant(value)} ${unit}`;
}

export function significant(value: number): string {
  const size = Math.abs(value);
  if (size >= 1000) return thousands(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

function thousands(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e6) return `${(value / 1e6).toFixed(2)}M`;
  return size >= 10_000 ? `${(value / 1e3).toFixed(0)}k` : value.toFixed(0);
}
