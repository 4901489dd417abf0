import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join, resolve, sep } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { AskedSource } from '@fin/testkit/fake-source';
import { startFakeSource } from '@fin/testkit/fake-source';
import { runFin } from '../run-fin.js';
import { commandLine, commandWords, Dice, slurmJobs } from './command-lines.js';
import { restore, snapshot, writeSandbox } from './sandbox.js';

const script = fileURLToPath(new URL('./run-lines.mjs', import.meta.url));
/** No command may take longer. */
const LIMIT_MS = 30_000;
const CODES = new Set([0, 1, 2, 3, 130, 143]);

/** What stands for the network: Stooq's prices of two days, and nothing else. */
const answer = ({ path, send, response }: AskedSource): void => {
  if (path.startsWith('/q/')) send('Date,Open,High,Low,Close\n2016-06-29,1,2,1,2\n2016-06-30,2,3,2,3\n');
  else response.writeHead(404).end();
};

/** Variables with which no command reaches beyond the source on loopback, or reads the user's credentials and models. */
const confined = (url: string, cache: string): Readonly<Record<string, string>> => ({
  FIN_STOOQ_ENDPOINT: url,
  FIN_YAHOO_ENDPOINT: url,
  KAGGLE_API_ENDPOINT: url,
  KAGGLE_CONFIG_DIR: join(cache, 'kaggle'),
  HF_ENDPOINT: url,
  HF_HOME: join(cache, 'huggingface'),
});

interface LineResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly crash: string | null;
}

/** A process that runs command lines. */
class Runner {
  readonly #child;
  readonly #lines;
  #log = '';

  constructor(folder: string, cache: string, variables: Readonly<Record<string, string>>) {
    this.#child = spawn(process.execPath, [script, folder, cache], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...variables },
    });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
    this.#child.stdin.on('error', () => {}); // it has ended, which run() tells
    this.#child.stderr.on('data', (chunk) => {
      this.#log = `${this.#log}${chunk}`.slice(-4000);
    });
  }

  /** @returns null when the command took too long; the process is killed then */
  async run(args: readonly string[]): Promise<LineResult | null> {
    this.#child.stdin.write(`${JSON.stringify(args)}\n`);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<null>((resolve) => {
      timer = setTimeout(() => resolve(null), LIMIT_MS);
    });
    const next = await Promise.race([this.#lines.next(), late]);
    clearTimeout(timer);
    if (next === null) {
      this.stop();
      return null;
    }
    if (!next.done) return JSON.parse(next.value) as LineResult;
    return { code: null, stdout: '', stderr: '', crash: `the process ended: ${this.#log}` };
  }

  stop(): void {
    this.#child.kill('SIGKILL');
  }
}

/** Command lines that did what they must not, as text. */
export interface FuzzResult {
  readonly failures: readonly string[];
  /** How many ended with each exit code. */
  readonly codes: Readonly<Record<string, number>>;
  readonly longestMs: number;
}

/**
 * Runs random command lines over one sandbox, in processes that each run many, and checks what each did:
 * exit code, a sentence on stderr, no stack trace, one JSON document with `--json`, no hang, nothing destroyed.
 */
export async function fuzz(options: {
  readonly good: string;
  readonly root: string;
  readonly seed: number;
  readonly lines: number;
  readonly linesPerProcess: number;
  /** Called with each failure as soon as it is found. */
  readonly onFailure?: (failure: string) => void;
}): Promise<FuzzResult> {
  const { good, root, seed, lines, linesPerProcess, onFailure } = options;
  const dice = new Dice(seed);
  const parent = join(root, `sandbox-${seed}`);
  const folder = join(parent, 'work');
  const pristine = join(root, `pristine-${seed}`);
  mkdirSync(parent, { recursive: true });
  const places = writeSandbox(good, folder, seed, 60);
  execFileSync('cp', ['-a', folder, pristine]);
  const cache = join(root, `cache-${seed}`);
  const source = await startFakeSource();
  source.answer = answer;
  let before = snapshot(folder);
  let runner: Runner | null = null;
  const failures: string[] = [];
  const codes: Record<string, number> = {};
  let longestMs = 0;
  for (let i = 0; i < lines; i++) {
    if (i % linesPerProcess === 0) {
      runner?.stop();
      runner = null;
    }
    const fresh = runner === null;
    runner ??= new Runner(folder, cache, confined(source.url, cache));
    if (fresh) await runner.run(['--version']); // starting is not the command's time
    const args = commandLine(dice, places);
    const fail = (problem: string) => {
      const failure = `seed ${seed}, line ${i}: fin ${args.map((word) => JSON.stringify(word)).join(' ')}\n  ${problem}`;
      failures.push(failure);
      onFailure?.(failure);
    };
    const started = performance.now();
    const result = await runner.run(args);
    longestMs = Math.max(longestMs, performance.now() - started);
    if (result === null || result.code === null) runner = null;
    if (result === null) fail(`took more than ${LIMIT_MS} ms`);
    else {
      for (const problem of problemsOf(args, result)) fail(problem);
      for (const name of await foreignOptions(args, result))
        fail(`the message names ${name}: ${result.stderr}`);
      codes[`${result.code}`] = (codes[`${result.code}`] ?? 0) + 1;
    }
    const after = snapshot(folder);
    for (const [path, state] of before) {
      if (after.get(path) === state) continue;
      if (!mayChange(path, folder, args, result)) fail(`${after.has(path) ? 'changed' : 'deleted'} ${path}`);
      restore(pristine, folder, path);
    }
    before = snapshot(folder);
    if (existsSync(join(folder, 'pwned'))) {
      fail('the shell ran a name');
      rmSync(join(folder, 'pwned'));
    }
  }
  runner?.stop();
  await source.close();
  for (const path of [parent, pristine, cache]) rmSync(path, { recursive: true, force: true });
  return { failures, codes, longestMs };
}

/** Options whose value may be any text, so that a word after them is none of `--json`. */
const takesText: ReadonlySet<string | undefined> = new Set([
  '--from',
  '--to',
  '--ticker',
  '--columns',
  '--labels',
  '--date-format',
  '--time-zone',
  '--start',
  '--end',
  '--symbol',
  '--feed',
  '--revision',
]);

/** The words that are meant for the command itself: those after the job of `fin slurm` are the job's. */
function ownWords(args: readonly string[]): readonly string[] {
  if (args[0] !== 'slurm') return args;
  const job = args.findIndex((word) => slurmJobs.includes(word));
  return job === -1 ? args : args.slice(0, job);
}

function problemsOf(args: readonly string[], { code, stdout, stderr, crash }: LineResult): string[] {
  const problems: string[] = [];
  if (crash !== null) problems.push(crash);
  if (code === null || !CODES.has(code)) problems.push(`exit code ${code}`);
  if (/unexpected error|\n\s+at .+[:(]\d+|^\s+at .+:\d+:\d+/m.test(stderr))
    problems.push(`stack trace: ${stderr.slice(-3000)}`);
  if (code !== 0 && !/^(fin|error): \S/m.test(stderr) && !/^Usage: /m.test(stderr))
    problems.push(`no sentence: ${stderr}`);
  if (/[^\n\P{C}]/u.test(stderr) || /[^\n\P{C}]/u.test(stdout))
    problems.push('control characters in the output');
  const own = ownWords(args);
  if (
    own.some((word, i) => word === '--json' && !takesText.has(own[i - 1])) &&
    code !== null &&
    !own.some((word) => /^(-h|--help|-V|--version)$/.test(word))
  ) {
    try {
      JSON.parse(stdout);
    } catch {
      problems.push(`not one JSON document: ${stdout.slice(0, 500)}`);
    }
  }
  return problems;
}

const optionsOf = new Map<string, readonly string[]>();

/** Options that an error message names, and that the command does not have. Those of suggested commands and of the user do not count. */
async function foreignOptions(args: readonly string[], { stderr }: LineResult): Promise<string[]> {
  const words = args.slice(
    0,
    args.findIndex((_, i) => !isCommand(args.slice(0, i + 1))),
  );
  if (words.length === 0) return [];
  const command = words.join(' ');
  const known = optionsOf.get(command) ?? optionNames((await runFin(...words, '--help')).stdout);
  optionsOf.set(command, known);
  const message = stderr
    .split('\n')
    .filter((line) => line.startsWith('fin: '))
    .join('\n');
  return optionNames(message.replace(/`[^`]*`|(?<=.)\bfin [a-z].*/g, '')).filter(
    (name) => !known.includes(name) && !args.some((word) => word.includes(name)),
  );
}

const optionNames = (text: string): string[] => text.match(/(?<![\w/-])--[a-z][a-z-]*[a-z]/g) ?? [];

/** Whether words name a command, perhaps of a group. */
const isCommand = (words: readonly string[]): boolean =>
  commandWords.some((command) => words.every((word, i) => command[i] === word));

/** Whether a command may have changed a file that was there before: only the output that it names, and only when it worked. */
function mayChange(
  path: string,
  folder: string,
  args: readonly string[],
  result: LineResult | null,
): boolean {
  const named = (flag: string) => {
    const i = args.findLastIndex((word) => word === flag || word.startsWith(`${flag}=`));
    if (i < 0) return null;
    const value = args[i] === flag ? args[i + 1] : args[i].slice(flag.length + 1);
    return value === undefined ? null : resolve(folder, value);
  };
  const inside = (dir: string | null) => dir !== null && (path === dir || path.startsWith(`${dir}${sep}`));
  const firstStage = ['-warm-up', '-warm-up-model'].map((end) => `${named('--run')}${end}`);
  if (args.some((word) => word.startsWith('--resume')) && inside(named('--run'))) return true;
  if (
    args.includes('--overwrite') &&
    args.some((word) => word.startsWith('--warm-up')) &&
    firstStage.some(inside)
  )
    return true;
  if (result?.code !== 0) return false;
  if (args[1] === 'pull' && named('--out') === null)
    return dirname(path) === folder && /\.csv(\.source\.json)?$/.test(path);
  if (args[1] === 'pull') return [named('--out'), `${named('--out')}.source.json`].includes(path);
  if (args.includes('--overwrite')) return inside(named('--run'));
  if (args[0] === 'evaluate' && named('--out') === null)
    return /(evaluation|manifest)\.json$/.test(path) && inside(named('--run'));
  if (args[0] === 'report') return /[/\\]report[/\\]/.test(path) || inside(named('--out'));
  if (args[0] === 'sentiment' && inside(named('--cache'))) return true;
  return path === named('--out') || path === named('--trace');
}
