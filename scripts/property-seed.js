import * as fc from 'fast-check';

/**
 * Property tests play the same cases in every run, so that a change that breaks one is the change at
 * hand. `WELLHEAD_PROPERTY_SEED=N` plays others, and `WELLHEAD_PROPERTY_SEED=random` new ones each
 * time; a failure prints the seed that it was found with.
 */
const DEFAULT_SEED = 20261125;
const asked = process.env['WELLHEAD_PROPERTY_SEED'];

if (asked !== 'random')
  fc.configureGlobal({ seed: asked === undefined ? DEFAULT_SEED : Number(asked) });
