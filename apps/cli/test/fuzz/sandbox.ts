import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { syntheticMarket, writeKaggleFiles } from '@fin/data';
import { runFin } from '../run-fin.js';
import { writeNumberedBank, writeTinyBank, writeTinyBert } from '../tiny-bert.js';
import type { Places } from './command-lines.js';
import { Dice } from './command-lines.js';

/** Makes one of everything that works: a market, sentences, models, finished and unfinished runs. Returns their names. */
export async function writeGood(folder: string): Promise<string[]> {
  const at = (name: string) => join(folder, name);
  mkdirSync(folder, { recursive: true });
  await writeKaggleFiles(
    syntheticMarket({ start: '2013-11-01', days: 330, headlinesPerDay: 1 }),
    at('market'),
  );
  writeTinyBank(at('bank.txt'));
  writeNumberedBank(at('numbers.csv'));
  writeOtherForms(at);
  await writeTinyBert(at('encoder'), ['LABEL_0', 'LABEL_1']);
  const made = await Promise.all([
    runFin('train', '--data', at('market'), '--run', at('run'), '--epochs', '1'),
    runFin(
      'finetune',
      '--data',
      at('bank.txt'),
      '--model',
      at('encoder'),
      '--run',
      at('tuned'),
      '--epochs',
      '1',
    ),
  ]);
  const evaluated = await runFin('evaluate', '--run', at('run'));
  const walked = await runFin(
    ...['backtest', '--data', at('market'), '--run', at('backtest'), '--prices-only', '--epochs', '1'],
    ...['--hidden-size', '4', '--refit-every', '150', '--validation-days', '20', '--workers', '1'],
  );
  for (const { code, stderr } of [...made, evaluated, walked]) if (code !== 0) throw new Error(stderr);
  for (const [whole, unfinished] of [
    ['run', 'unfinished'],
    ['tuned', 'unfinished-tuning'],
    ['backtest', 'unfinished-backtest'],
  ]) {
    cpSync(at(whole), at(unfinished), { recursive: true });
    rmSync(join(at(unfinished), 'manifest.json'));
  }
  writeFileSync(at('settings.yaml'), 'window: 5\nepochs: 1\nlstm:\n  hiddenSize: 4\n');
  writeFileSync(at('settings.json'), '{"text": "none", "epochs": 1, "lstm": {"numLayers": 2}}');
  writeFileSync(at('grid.yaml'), 'window: [2, 5]\n');
  writeFileSync(at('notes.txt'), 'written by hand\n');
  mkdirSync(at('thesis'));
  writeFileSync(at('thesis/chapter.tex'), 'written by hand\n');
  writeFileSync(at('thesis/run.json'), '{}');
  return readdirSync(folder);
}

/** Writes prices and headlines of the market's days in other forms: two tickers, a comma-decimal table with other names, timestamps. */
function writeOtherForms(at: (name: string) => string): void {
  const table = readFileSync(at('market/upload_DJIA_table.csv'), 'utf8').trim().split('\n').slice(1);
  const closes = table.map((row) => row.split(',')).map((cells) => [cells[0], cells[4]]);
  const lines = (header: string, rows: readonly string[]) => `${[header, ...rows].join('\n')}\n`;
  writeFileSync(
    at('tickers.csv'),
    lines(
      'Date,Ticker,Close',
      closes.flatMap(([day, close]) => [`${day},AAA,${close}`, `${day},BBB,${2 * Number(close)}`]),
    ),
  );
  writeFileSync(
    at('kurse.csv'),
    lines(
      'Tag;Kurs',
      closes.map(
        ([day, close]) =>
          `${day.split('-').reverse().join('.')};${Number(close).toFixed(2).replace('.', ',')}`,
      ),
    ),
  );
  const items = closes.flatMap(([day]) => [
    { published_at: `${day}T15:30:00Z`, headline: 'Banks rose' },
    { published_at: `${day}T22:30:00Z`, headline: `Profit fell on ${day}` },
    { published_at: `${day}T23:30:00Z`, headline: `profit fell on ${day}` },
  ]);
  writeFileSync(at('news.jsonl'), `${items.map((item) => JSON.stringify(item)).join('\n')}\n`);
}

const JUNK = Buffer.from(Array.from({ length: 700 }, (_, i) => (i * 7919) % 256));

/** What can be wrong with one file. */
const DAMAGES: readonly ((file: string, dice: Dice) => void)[] = [
  (file) => rmSync(file),
  (file) => writeFileSync(file, ''),
  (file, dice) => truncateSync(file, dice.below(statSync(file).size + 1)),
  (file) => writeFileSync(file, JUNK),
  (file, dice) => writeFileSync(file, dice.pick(['null', '[]', '{}', '1', '""', 'true', '{"a":', '[null]'])),
  (file) => {
    rmSync(file);
    mkdirSync(file);
  },
  (file) => {
    rmSync(file);
    execFileSync('mkfifo', [file]);
  },
  (file) => {
    rmSync(file);
    symlinkSync(file, file);
  },
  (file) => {
    rmSync(file);
    symlinkSync('/dev/zero', file);
  },
  (file, dice) => {
    const bytes = readFileSync(file);
    for (let i = 0; i < 3 && bytes.length > 0; i++) bytes[dice.below(bytes.length)] = dice.below(256);
    writeFileSync(file, bytes);
  },
  mutateText,
  mutateText,
  mutateText,
];

/** Replaces a value of a JSON file, or a cell of a text file, by one that does not belong there. */
function mutateText(file: string, dice: Dice): void {
  const text = readFileSync(file, 'latin1');
  const parts = text.split(/([\s,:{}[\]]+)/);
  const values = [...parts.keys()].filter((i) => i % 2 === 0 && parts[i] !== '');
  if (values.length === 0) return;
  parts[dice.pick(values)] = dice.pick([
    'null',
    '-1',
    '1e9',
    '1e400',
    'NaN',
    '""',
    '"x"',
    '[]',
    '{}',
    '0',
    '2015-02-30',
    '\u0000',
  ]);
  writeFileSync(file, parts.join(''), 'latin1');
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Fills a folder with copies of the good things, in each of which something is broken. */
export function writeSandbox(good: string, folder: string, seed: number, copies: number): Places {
  const dice = new Dice(seed);
  cpSync(good, folder, { recursive: true });
  mkdirSync(join(folder, 'out'));
  const names = readdirSync(good).filter((name) => name !== 'thesis' && name !== 'notes.txt');
  const broken = [
    'missing',
    'missing/deep',
    'empty',
    'empty.txt',
    'fifo',
    'loop',
    '/dev/null',
    'notes.txt/below',
  ];
  mkdirSync(join(folder, 'empty'));
  writeFileSync(join(folder, 'empty.txt'), '');
  execFileSync('mkfifo', [join(folder, 'fifo')]);
  symlinkSync('loop', join(folder, 'loop'));
  for (let i = 0; i < copies; i++) {
    const name = `broken-${i}`;
    cpSync(join(good, dice.pick(names)), join(folder, name), { recursive: true });
    broken.push(name);
    const files = lstatSync(join(folder, name)).isFile()
      ? [join(folder, name)]
      : filesBelow(join(folder, name));
    // The manifest would find most damage at once: without the check of sums, the readers behind it are tried.
    const damaged = dice.pick(files);
    dice.pick(DAMAGES)(damaged, dice);
    if (dice.chance(0.5)) resign(join(folder, name));
  }
  const inside = [
    'run/predictions.csv',
    'run/config.json',
    'tuned/run.json',
    'market/Combined_News_DJIA.csv',
    'run/report',
  ];
  return { good: [...names, 'thesis', 'notes.txt', ...inside], broken };
}

/** Makes a run's manifest agree with its files, where both can be read. */
function resign(run: string): void {
  const file = join(run, 'manifest.json');
  if (!existsSync(file) || !lstatSync(file).isFile()) return;
  try {
    const manifest = JSON.parse(readFileSync(file, 'utf8')) as {
      files: { path: string; size: number; sha256: string }[];
    };
    for (const entry of manifest.files) {
      const path = join(run, entry.path);
      if (!lstatSync(path).isFile()) continue;
      const content = readFileSync(path);
      entry.size = content.length;
      entry.sha256 = createHash('sha256').update(content).digest('hex');
    }
    writeFileSync(file, JSON.stringify(manifest));
  } catch {
    // the manifest itself is what is broken
  }
}

/** Every file below a folder with its content's sum; links and pipes by their kind. */
export function snapshot(folder: string): Map<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return new Map(
    entries
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => !path.startsWith(join(folder, 'out')) && !path.startsWith(join(folder, 'runs')))
      .map((path) => {
        const { mode, size, mtimeMs, ino } = lstatSync(path);
        const isFile = lstatSync(path).isFile();
        return [path, isFile ? `${mode} ${size} ${mtimeMs} ${ino}` : `${mode}`];
      }),
  );
}

/** Puts back what a command changed below the folder; deletes what an earlier command made. */
export function restore(pristine: string, folder: string, path: string): void {
  const top = path.slice(folder.length + 1).split('/')[0];
  rmSync(join(folder, top), { recursive: true, force: true });
  if (!existsSync(join(pristine, top))) return;
  mkdirSync(dirname(join(folder, top)), { recursive: true });
  execFileSync('cp', ['-a', join(pristine, top), join(folder, top)]);
}
