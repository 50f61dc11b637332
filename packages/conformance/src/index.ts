export { allCases } from './all-cases.ts';
export type {
  CaseContext,
  ConnectOptions,
  ConnectRequest,
  OpenOptions,
  WillRequest,
} from './case-context.ts';
export type { HandshakeOptions } from './byte-stream.ts';
export {
  type Capability,
  type CaseDefinition,
  type ConformanceCase,
  defineCases,
  type Level,
} from './conformance-case.ts';
export type { Expected } from './difference.ts';
export { CaseSkipped, ConformanceFailure, UnreachableError } from './failure.ts';
export {
  type Fixture,
  type FixtureDescription,
  fixtureDescriptions,
  type FixtureName,
} from './fixtures.ts';
export { compareKnown, type KnownDifferences, readKnown } from './known-differences.ts';
export { main, type ProgramOutput } from './main.ts';
export type { PacketByName, PacketName } from './packet-names.ts';
export { type Ending, RawClient, type RawClientSettings } from './raw-client.ts';
export { jsonReport } from './report/json.ts';
export { junitReport } from './report/junit.ts';
export { markdownReport } from './report/markdown.ts';
export { textReport } from './report/text.ts';
export { type ConformanceOptions, runConformance, selectCases } from './run-conformance.ts';
export {
  type CaseFailure,
  type CaseResult,
  type CaseStatus,
  mandatoryFailures,
  type RunReport,
} from './run-report.ts';
export { serverStatements, statementText } from './statements.ts';
export type { TranscriptEntry } from './transcript.ts';
export { type FilterRequest, type PublishOptions, WireClient } from './wire-client.ts';
