import type { ProtocolVersion } from '@wellhead/codec';
import type { CaseContext } from './case-context.ts';
import type { FixtureName } from './fixtures.ts';

/** How binding a case is: a MUST of the specification, a SHOULD, or what implementations commonly do. */
export type Level = 'must' | 'should' | 'practice';

/**
 * What the server must not have declared unavailable in its CONNACK; a case that needs it is skipped
 * with that reason. `qos1` and `qos2` go by Maximum QoS, `websocket` by a WebSocket URL being given.
 */
export type Capability =
  | 'qos1'
  | 'qos2'
  | 'retain'
  | 'wildcard'
  | 'subscription-identifiers'
  | 'shared'
  | 'topic-alias'
  | 'websocket';

/** One question to a server. */
export interface ConformanceCase {
  /** `5.0/connect/second-connect`: version, area, name. Stable: reports and lists of known failures use it. */
  readonly id: string;
  /** What a conforming server does, as a sentence. */
  readonly title: string;
  /** The statements proven, as `MQTT-3.1.2-1`, of the version of the case; the first gives the section. */
  readonly statements: readonly string[];
  readonly version: ProtocolVersion;
  readonly level: Level;
  /** Waits for seconds to pass; runs beside the others. */
  readonly slow?: boolean;
  readonly requires?: readonly Capability[];
  readonly needs?: readonly FixtureName[];
  /** Resolves when the server did right; rejects with what was expected and what came. */
  run(t: CaseContext): Promise<void>;
}

/** A case as its file writes it; {@link defineCases} completes it. */
export interface CaseDefinition extends Omit<ConformanceCase, 'id' | 'version' | 'level'> {
  readonly name: string;
  /** @default 'must' */
  readonly level?: Level;
}

/** The cases of one area of one version. */
export function defineCases(
  version: ProtocolVersion,
  area: string,
  definitions: readonly CaseDefinition[],
): readonly ConformanceCase[] {
  return definitions.map(({ name, level = 'must', ...rest }) => ({
    ...rest,
    id: `${versionNames[version]}/${area}/${name}`,
    version,
    level,
  }));
}

/** How people call the versions. */
export const versionNames: { readonly [version in ProtocolVersion]: string } = {
  3: '3.1',
  4: '3.1.1',
  5: '5.0',
};
