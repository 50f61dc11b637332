// The rules of the house that oxlint does not bring; each is one idea and one sentence.

import { resolve, sep } from 'node:path';
import { allowedDependencies } from '../arrows.js';

/**
 * The part of oxlint's plugin interface that these rules use; a node is a plain ESTree node.
 * @typedef {{ value: string, loc: { start: { line: number }, end: { line: number } } }} Comment
 * @typedef {object} Context
 * @property {string} filename
 * @property {{ getAllComments(): Comment[] }} sourceCode
 * @property {(complaint: { node: unknown, message: string }) => void} report
 * @typedef {{ create(context: Context): Record<string, (node: any) => void> }} Rule
 */

/** @type {Rule} */
const noExportAll = {
  create: (context) => ({
    ExportAllDeclaration(node) {
      context.report({ node, message: 'Name what you export: no `export *`.' });
    },
  }),
};

const vagueNames = /[\\/](utils?|common|helpers?|misc|shared)\.[cm]?[jt]s$/;

/** @type {Rule} */
const noVagueFileName = {
  create: (context) => ({
    Program(node) {
      if (vagueNames.test(context.filename)) {
        context.report({ node, message: 'Name the file for its one idea, not utils, common, …' });
      }
    },
  }),
};

// A rule that is switched off, and a cast, are decisions: the reader needs the reason.
/** @type {Rule} */
const reasonForDisabling = {
  create: (context) => ({
    Program() {
      for (const comment of context.sourceCode.getAllComments()) {
        const disables = /^\s*(oxlint|eslint)-disable/.test(comment.value);
        if (disables && !/\s--\s+\S/.test(comment.value)) {
          context.report({ node: comment, message: 'Say why: `oxlint-disable… rule -- reason`.' });
        }
      }
    },
  }),
};

/** @type {Rule} */
const reasonForCast = {
  create(context) {
    const commentedLines = new Set();
    return {
      Program() {
        for (const { loc } of context.sourceCode.getAllComments()) {
          for (let line = loc.start.line; line <= loc.end.line; line++) commentedLines.add(line);
        }
      },
      TSAsExpression(node) {
        const isConst = node.typeAnnotation.typeName?.name === 'const';
        const lines = [node.loc.start.line - 1, node.loc.start.line, node.loc.end.line];
        if (!isConst && !lines.some((line) => commentedLines.has(line))) {
          context.report({ node, message: 'Say in a comment why this `as` is true, or avoid it.' });
        }
      },
    };
  },
};

// Imports of a package's sources follow scripts/arrows.js and stay inside the package.
/** @type {Rule} */
const arrow = {
  create(context) {
    const place = /^(.*[\\/](?:packages|apps)[\\/]([^\\/]+))[\\/]src[\\/]/.exec(context.filename);
    if (!place) return {};
    const [, packageRoot = '', folder = ''] = place;
    const allowed = allowedDependencies(folder);
    const check = (/** @type {any} */ node) => {
      const to = node.source?.value;
      if (typeof to !== 'string' || to.startsWith('node:')) return;
      if (to.startsWith('.')) {
        const target = resolve(context.filename, '..', to);
        if (target.startsWith(`${packageRoot}${sep}src${sep}`)) return;
        context.report({ node, message: `'${to}' leaves the package: import it by name.` });
      } else if (!allowed?.some((name) => to === name || to.startsWith(`${name}/`))) {
        const message = `${folder} may not import '${to}' (scripts/arrows.js).`;
        context.report({ node, message });
      }
    };
    return {
      ImportDeclaration: check,
      ImportExpression: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
    };
  },
};

// oxlint loads a plugin by its default export.
// oxlint-disable-next-line import/no-default-export -- the plugin interface asks for it
export default {
  meta: { name: 'house' },
  rules: {
    'no-export-all': noExportAll,
    'no-vague-file-name': noVagueFileName,
    'reason-for-disabling': reasonForDisabling,
    'reason-for-cast': reasonForCast,
    arrow,
  },
};
