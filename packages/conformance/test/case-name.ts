import type { ConformanceCase } from '../src/index.ts';

/**
 * `5.0/connect/second-connect: what a conforming server does [MQTT-3.1.0-2]`, the form in which the
 * conformance matrix finds it. MQTT 3.1 has no numbered statements; its cases stand on those of 3.1.1.
 */
export function caseName({ id, title, statements, version }: ConformanceCase): string {
  const suffix = version === 5 ? '' : ' @3.1.1';
  const citations = statements.map((statement) => `[${statement}${suffix}]`);
  return `${id}: ${title} ${citations.join(' ')}`;
}
