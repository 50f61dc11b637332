import { join } from 'node:path';
import { expect, test } from 'vitest';
import { compareKnown, readKnown, runConformance, textReport } from '../src/index.ts';
import { installedMosquitto, startMosquitto } from './subjects/mosquitto-subject.ts';

// Another implementation, written by other people, keeps the suite honest: where it does otherwise,
// the reason why the case is right stands in the list of its version.
const version = '2.0.11';
const installed = await installedMosquitto();
const why = installed === version ? '' : `: there is ${installed ?? 'none'}, apt-get install it`;

test.skipIf(installed !== version)(
  `mosquitto ${version} differs from the suite in what is listed, and in nothing else${why}`,
  async () => {
    await using subject = await startMosquitto();
    const { target, webSocket, fixtures } = subject;
    const report = await runConformance(target, { webSocket, fixtures, jobs: 32, timeout: 5000 });
    const known = readKnown(join(import.meta.dirname, 'subjects', `mosquitto-${version}.json`));
    const news = report.results.filter(
      ({ status, case: { id } }) => status === 'failed' && !known.has(id),
    );
    expect(compareKnown(report, known), textReport({ ...report, results: news })).toEqual([]);
  },
  120_000,
);
