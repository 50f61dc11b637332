// How the sources name a statement: `[MQTT-4.3.3-10]` is one of 5.0, `[MQTT-4.3.3-2 @3.1.1]` of 3.1.1.

/**
 * @typedef {import('./statements.js').Version} Version
 * @typedef {{ version: Version, id: string }} Citation
 */

/** @param {string} text @returns {Citation[]} */
export function citations(text) {
  return Array.from(text.matchAll(citation), ([, id = '', version]) => ({
    id,
    version: version ? '3.1.1' : '5.0',
  }));
}

/** What looks like a statement's id, and is not written as a citation. @param {string} text */
export function strayIds(text) {
  return text.replaceAll(citation, '').match(/\[?MQTT-\d[\w.-]*( @[\w.]+)?\]?/g) ?? [];
}

const citation = /\[(MQTT-\d+(?:\.\d+)*-\d+)( @3\.1\.1)?\]/g;
