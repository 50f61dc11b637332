// Who may depend on whom at run time. The picture is in docs/architecture.md; a new package is
// added here first, and a new third-party dependency comes with an ADR.
// Keys are folder names under packages/ and apps/.

/** @type {Readonly<Record<string, { workspace: readonly string[], thirdParty: readonly string[] }>>} */
const arrows = {
  codec: { workspace: [], thirdParty: [] },
  'topic-matcher': { workspace: [], thirdParty: [] },
  protocol: { workspace: ['codec'], thirdParty: [] },
  'session-store': { workspace: ['codec'], thirdParty: [] },
  transport: { workspace: [], thirdParty: [] },
  'store-lmdb': { workspace: ['codec', 'session-store'], thirdParty: ['lmdb'] },
  'transport-node': { workspace: ['transport'], thirdParty: ['ws'] },
  'broker-core': {
    workspace: ['codec', 'topic-matcher', 'protocol', 'session-store', 'transport'],
    thirdParty: [],
  },
  bench: { workspace: ['codec'], thirdParty: [] },
  crash: { workspace: ['codec'], thirdParty: [] },
  conformance: { workspace: ['codec'], thirdParty: ['commander', 'ws'] },
  server: {
    workspace: [
      'codec',
      'topic-matcher',
      'protocol',
      'session-store',
      'store-lmdb',
      'transport',
      'transport-node',
      'broker-core',
    ],
    thirdParty: ['commander', 'pino'],
  },
};

/**
 * The package names that the sources of `folder` may import and its `dependencies` may list.
 * @param {string} folder
 */
export function allowedDependencies(folder) {
  const row = arrows[folder];
  return row && [...row.workspace.map((name) => `@wellhead/${name}`), ...row.thirdParty];
}
