import type { Connection } from './connection.ts';

/** Two ends of a new connection, of which neither was started. */
export interface TransportPair extends AsyncDisposable {
  readonly client: Connection;
  readonly server: Connection;
}

/** What an adapter gives to the kit. Disposing the pair ends everything that making it began. */
export type PairMaker = () => Promise<TransportPair>;

/** One promise of the contract. A run that does not keep it rejects, or never settles: give it a time limit. */
export interface TransportCase {
  readonly name: string;
  readonly run: (makePair: PairMaker) => Promise<void>;
}
