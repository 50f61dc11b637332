export { transportCases } from './transport-cases.ts';
export type { PairMaker, TransportCase, TransportPair } from './transport-case.ts';
