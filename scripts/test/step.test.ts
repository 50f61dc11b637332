import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { Report, StepFailure, runTool, type Outcome } from '../step.js';

async function reported(...outcomes: Outcome[]): Promise<{ printed: string; summary: string }> {
  const stream = new PassThrough({ encoding: 'utf8' });
  const steps = new Report(stream);
  for (const outcome of outcomes) await steps.run('step', async () => outcome);
  return { printed: stream.read(), summary: steps.summary() };
}

test('a step that passes is one line and counts as one', async () => {
  const { printed, summary } = await reported({ ok: true, output: 'much', note: 'a note' });
  expect(printed).toMatch(/^✓ step +0\.0 s  a note\n$/);
  expect(summary).toBe('1 passed, 0 failed');
});

test('a step that fails shows its output', async () => {
  const { printed, summary } = await reported({ ok: false, output: 'line 7: wrong\n' });
  expect(printed).toMatch(/^✗ step +0\.0 s\n\nline 7: wrong\n\n$/);
  expect(summary).toBe('0 passed, 1 failed');
});

test('a step that throws has failed', async () => {
  const steps = new Report(new PassThrough());
  await steps.run('step', async () => Promise.reject(new Error('broken')));
  expect(steps.summary()).toBe('0 passed, 1 failed');
});

test('a step of tests counts its tests', async () => {
  const counts = { passed: 40, failed: 2, skipped: 3 };
  const { summary } = await reported({ ok: true }, { ok: false, counts });
  expect(summary).toBe('41 passed, 2 failed, 3 skipped');
});

test('nothing follows a step that must pass and does not', async () => {
  const steps = new Report(new PassThrough());
  await expect(steps.must('build', async () => ({ ok: false }))).rejects.toThrow(StepFailure);
});

test('a program that cannot be started fails with the reason', async () => {
  const { ok, output } = await runTool('no-such-program', []);
  expect(ok).toBe(false);
  expect(output).toContain('ENOENT');
});
