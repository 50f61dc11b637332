import { expect, test } from 'vitest';
import { caseName } from '../src/case-name.ts';
import { parseCommandLine } from '../src/command-line.ts';

const words = (line: string): string[] => line.split(' ').filter(Boolean);

test.each([
  ['run p2p', 'p2p-10-10-w100'],
  ['run p2p --window 1 --qos 2 --size 256', 'p2p-10-10-w1-q2-256b'],
  ['run fanout --subscribers 1K --tls', 'tls-fanout-1-1K-w100'],
  ['run p2p --ws --mqtt 5', 'ws-p2p-10-10-w100-v5'],
  ['run p2p --properties --subscription-id --topic-alias', 'p2p-10-10-w100-props-subid-alias'],
  ['run latency --rate 1K --publishers 5', 'latency-5-5-r1K'],
])('%s', (line, name) => {
  const invocation = parseCommandLine(words(line));
  expect(invocation.type === 'run' && caseName(invocation.bench)).toBe(name);
});

test('compare has usual peers, scenarios and times', () => {
  const invocation = parseCommandLine(['compare']);
  expect(invocation).toMatchObject({
    type: 'compare',
    peers: ['wellhead-disk', 'mosquitto', 'aedes'],
    arePeersUsual: true,
    rounds: 1,
    times: { seconds: 2, warmUp: 1 },
  });
});

test('compare takes what it is told', () => {
  const line =
    'compare --peers aedes --scenarios p2p,fanin --rounds 3 --seconds 0.5 --json out.json';
  expect(parseCommandLine(words(line))).toMatchObject({
    peers: ['aedes'],
    arePeersUsual: false,
    cases: [{ scenario: 'p2p' }, { scenario: 'fanin' }],
    rounds: 3,
    times: { seconds: 0.5, warmUp: 1 },
    files: { json: 'out.json' },
  });
});

test.each([
  ['', 'help'],
  ['help', 'help'],
  ['run --help', 'help'],
  ['list', 'list'],
  ['report old.json --html new.html', 'report'],
  ['compare --peers none', 'compare'],
])("'%s' is understood", (line, type) => {
  expect(parseCommandLine(words(line)).type).toBe(type);
});

test.each([
  ['measure', "no command 'measure'"],
  ['list all', "no command 'list all'"],
  ['run', 'Say which scenario'],
  ['run p2p fanin', "what is 'fanin'"],
  ['run p2p --qos 3', '--qos must be one of 0, 1, 2'],
  ['run p2p --size many', '--size must be a whole number'],
  ['run p2p --size 3', 'at least 16 bytes'],
  ['run p2p --mqtt 3.1', '--mqtt must be one of'],
  ['run p2p --broker nano', "no broker 'nano'"],
  ['run p2p --fast', '--fast'],
  ['run p2p --seconds 0', '--seconds must be a number'],
  ['compare --rounds x', '--rounds must be a number'],
  ['compare --scenarios p2q', "no scenario in 'p2q'"],
  ['compare --peers nano', "no broker 'nano'"],
  ['report', 'Say which file'],
])("'%s' is refused", (line, complaint) => {
  const invocation = parseCommandLine(words(line));
  expect(invocation.type === 'refusal' && invocation.message).toContain(complaint);
});
