import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { escapeLine } from '../src/io/escape.js';
import { bashWord } from '../src/slurm/bash-word.js';
import type { Job } from '../src/slurm/script.js';
import { readTemplate, slurmScript } from '../src/slurm/script.js';
import { Dice } from './fuzz/command-lines.js';
import { runFin } from './run-fin.js';

const folder = mkdtempSync(join(tmpdir(), 'fin-slurm-'));
const before = process.cwd();
beforeEach(() => process.chdir(folder));
afterEach(() => process.chdir(before));
afterAll(() => rmSync(folder, { recursive: true }));

const write = async (...words: string[]) => {
  const { code, stdout, stderr } = await runFin('slurm', '--overwrite', '--out', 'job.sh', ...words);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  expect(stdout).toBe('job.sh\nnext: sbatch job.sh\n');
  return readFileSync('job.sh', 'utf8');
};

describe.skipIf(process.platform === 'win32')('a word in bash', () => {
  const inBash = (words: string) =>
    execFileSync('bash', ['-c', `printf '%s\\0' ${words}`], {
      env: { ...process.env, SLURM_ARRAY_TASK_ID: '7' },
    })
      .toString()
      .slice(0, -1)
      .split('\0');

  it('arrives as it is, for 2,000 random words', () => {
    const pieces = ['a', ' ', '  ', "'", '"', '$', '`', '\\', '(', '%', '\n', '\r', '\t', '\u0007', '\u202e'];
    const more = [
      'é',
      '日',
      '🙂',
      '!',
      '0',
      '#',
      '~',
      '*',
      '{task}',
      '$(touch x)',
      '-',
      ';',
      '&',
      '=',
      '\u3164',
      "$'",
    ];
    const dice = new Dice(17);
    const words = Array.from({ length: 2000 }, () =>
      Array.from({ length: dice.below(12) }, () => dice.pick([...pieces, ...more])).join(''),
    );
    const quoted = words.map((word) => bashWord(word, false));
    expect(inBash(quoted.join(' '))).toEqual(words);
    for (const text of quoted) expect(escapeLine(text)).toBe(text);
    const perTask = words.map((word) => bashWord(word, true));
    expect(inBash(perTask.join(' '))).toEqual(words.map((word) => word.replaceAll('{task}', '7')));
    expect(existsSync('x')).toBe(false);
  });
});

describe('fin slurm', () => {
  it('writes what the job asks for, and the command with a folder for each task', async () => {
    const script = await write(
      ...[
        '--partition',
        'cs,short',
        '--account',
        'pr_1',
        '--time',
        '1-12:00:00',
        '--cpus',
        '8',
        '--gpus',
        'a100:1',
      ],
      ...['--memory', '16G', '--ntasks', '2', '--array', '1-5%2', '--name', 'seeds', '--no-requeue'],
      ...['train', '--seed={task}', '--data', "my data's", '--run', 'runs/seed-{task}', '--epochs', '3'],
    );
    expect(script.match(/^#SBATCH .*$/gm)).toEqual(
      [
        ...[
          'job-name=seeds',
          'partition=cs,short',
          'account=pr_1',
          'time=1-12:00:00',
          'ntasks=2',
          'cpus-per-task=8',
        ],
        ...['gpus=a100:1', 'mem=16G', 'array=1-5%2', 'output=%x-%A_%a.out', 'no-requeue', 'open-mode=append'],
        'signal=B:TERM@120',
      ].map((directive) => `#SBATCH --${directive}`),
    );
    expect(script).toContain('\nrun=runs/seed-"$SLURM_ARRAY_TASK_ID"\n');
    expect(script).toContain(
      `\narguments=(--seed="$SLURM_ARRAY_TASK_ID" --data 'my data'\\''s' --epochs 3)\n`,
    );
    expect(script).toContain(`\ncd -- ${bashWord(process.cwd(), false)} `);
    expect(existsSync(/^fin=\(\S+ (\S+)\)$/m.exec(script)![1])).toBe(true);
  });

  it('writes an array of the parts of a backtest, and the job that merges them when all tasks have ended well', async () => {
    const parts = await write(
      ...['--array', '1-4', 'backtest', '--seeds', '3', '--part', '{task}/4', '--run', 'p-{task}'],
    );
    expect(parts).toContain('\nrun=p-"$SLURM_ARRAY_TASK_ID"\n');
    expect(parts).toContain('\narguments=(--seeds 3 --part "$SLURM_ARRAY_TASK_ID"/4)\n');
    const merge = await write('--after', '12,13', 'merge', 'p-1', 'p-2', '--run', 'whole', 'p-3', 'p-4');
    expect(merge).toContain('\n#SBATCH --dependency=afterok:12:13\n#SBATCH --kill-on-invalid-dep=yes\n');
    expect(merge).toContain('\nrun=whole\narguments=(p-1 p-2 p-3 p-4)\n');
    expect(await write('--ntasks', '2', 'sweep', 'grid.yaml')).toContain('\n#SBATCH --ntasks=2\n');
  });

  it.each([
    [['train'], /^run=runs\/\d{4}-/m],
    [['finetune', '--data', 'x', '--model', 'y'], /^run=runs\/sentiment\/\d{4}-/m],
    [['sweep', 'grid.yaml'], /^run=runs\/backtests\/\d{4}-/m],
    [['compare', '--run=one'], /^run=one\narguments=\(\)/m],
    [['train', '--tensorboard', '--run', '--run', 'two'], /^run=two\narguments=\(--tensorboard --run\)/m],
    [
      ['--array', '3', 'backtest', '--seed', '{task}'],
      /^run=runs\/backtests\/[\d-]+-"\$SLURM_ARRAY_TASK_ID"$/m,
    ],
  ])('%j writes to a folder that is the same each time the job starts', async (words, expected) => {
    expect(await write(...words)).toMatch(expected);
  });

  it.each([
    [[], 'a fin command is needed: train, finetune, backtest, sweep, merge, compare'],
    [['predict'], 'fin predict cannot be a job'],
    [['toString'], 'fin toString cannot be a job'],
    [['train', '--sed', '1'], "unknown option '--sed'"],
    [['train', '--epochs', 'many'], 'a whole number of at least 1'],
    [['train', '--resume'], 'leave --resume out'],
    [['train', '--overwrite'], 'leave --overwrite out'],
    [['finetune', '--warm-up', 'x'], 'write a job for each'],
    [['train', '--seed', '{task}'], '"{task}" needs --array'],
    [['--array', '1-3', 'train'], 'every task of the array would do the same'],
    [['--array', '1-3', 'train', '--seed', '{task}', '--run', 'a'], '--run a-{task}'],
    [['--array', 'all', 'train'], 'indices such as 1-5'],
    [['--time', '4 hours', 'train'], 'hours:minutes:seconds'],
    [['--time', '2:30', 'train'], 'at least 5 minutes'],
    [['--partition', 'a b', 'train'], 'names is needed'],
    [['--name', 'x\n#SBATCH --uid=0', 'train'], 'a name is needed'],
    [['--template', 'nope', 'train'], 'nope: cannot be read'],
    [['--ntasks', '2', 'compare'], 'fin compare starts its own processes'],
    [['--after', 'yesterday', 'train'], 'numbers of jobs such as 1234'],
    [['backtest', '--part', '5/4'], 'a part such as 2/4 is needed'],
    [['--cpus', '0', 'train'], 'a whole number of at least 1'],
  ])('%j is refused with the reason, and writes nothing', async (words, message) => {
    const { code, stdout, stderr } = await runFin('slurm', '--out', 'never.sh', ...words);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(message);
    expect(existsSync('never.sh')).toBe(false);
  });

  it.each(['5', '5:00', '0:05:00', '0-1', '0-0:05', '0-0:04:60'])(
    'takes the time limit %s',
    async (limit) => {
      expect(await write('--time', limit, 'train')).toContain(`#SBATCH --time=${limit}\n`);
    },
  );

  it('replaces a script only when told to', async () => {
    writeFileSync('mine.sh', 'edited');
    const kept = await runFin('slurm', '--out', 'mine.sh', 'train');
    expect(kept).toMatchObject({ code: 2, stdout: '' });
    expect(kept.stderr).toContain('--overwrite replaces it');
    expect(readFileSync('mine.sh', 'utf8')).toBe('edited');
  });

  it('takes a template of the user, and names its faults', async () => {
    const { stdout } = await runFin('slurm', '--print-template');
    expect(stdout).toBe(readTemplate());
    writeFileSync(
      'own.sh',
      stdout.replace('# Commands that prepare', 'module load gcc/12\n# Commands that prepare'),
    );
    expect(await write('--template', 'own.sh', 'train')).toContain('\nmodule load gcc/12\n');
    writeFileSync('own.sh', stdout.replace('fin=({{fin}})', 'fin=(apptainer run fin.sif)'));
    expect(await write('--template', 'own.sh', 'train')).toContain('\nfin=(apptainer run fin.sif)\n');
    const own = await runFin('slurm', '--out', 'own.sh', '--overwrite', '--template', 'own.sh', 'train');
    expect(own.stderr).toContain('it is an input of this command');
    for (const [text, message] of [
      [stdout.replace('{{run}}', 'runs/mine'), 'own.sh: has no {{run}}'],
      [stdout.replace('{{run}}', '{{run}} {{rnu}}'), /own\.sh: line \d+ has \{\{rnu\}\}, which is unknown/],
    ] as const) {
      writeFileSync('own.sh', text);
      const refused = await runFin('slurm', '--out', 'never.sh', '--template', 'own.sh', 'train');
      expect(refused.code).toBe(2);
      expect(refused.stderr).toMatch(message);
    }
  });

  it('shows the help of the command in the job', async () => {
    const { code, stdout } = await runFin('slurm', 'train', '--help');
    expect(code).toBe(0);
    expect(stdout).toContain('Usage: fin train');
  });
});

describe.skipIf(process.platform === 'win32')('the script, in a bash with stand-ins for Slurm', () => {
  const bin = join(folder, 'bin');
  const stub = (name: string, body: string) => {
    mkdirSync(bin, { recursive: true });
    writeFileSync(join(bin, name), `#!/bin/bash\n${body}\n`);
    chmodSync(join(bin, name), 0o755);
  };
  /** What the stand-ins were called with, and the end of the script. */
  function run(
    job: Partial<Job>,
    { code = 0, state = 'RUNNING', restarts = '0', env = {}, template = readTemplate() } = {},
  ) {
    const log = join(folder, 'log');
    rmSync(log, { force: true });
    stub('fin', `printf '%s\\0' "$@" >>'${log}'; exit ${code}`);
    stub('srun', 'exec "$@"');
    stub('squeue', `echo ${state}`);
    stub('scontrol', `printf '%s\\0' scontrol "$@" >>'${log}'`);
    const request = { name: 'x', requeue: true };
    const script = slurmScript(
      { request, folder, fin: ['fin'], command: 'train', run: 'r', arguments: [], ...job },
      template,
    );
    writeFileSync('script.sh', script);
    const { status, stdout, stderr } = spawnSync('bash', ['script.sh'], {
      encoding: 'utf8',
      env: {
        PATH: [bin, process.env.PATH].join(delimiter),
        SLURM_JOB_ID: '42',
        SLURM_RESTART_COUNT: restarts,
        ...env,
      },
    });
    const words = existsSync(log) ? readFileSync(log, 'utf8').slice(0, -1).split('\0') : [];
    return { status, stdout, stderr, words };
  }

  it('passes every word on as it was given', () => {
    const words = ["it's", '', 'two\nlines\n', '$HOME', '`id`', '*', '--', '--resume', '\u202e'];
    const done = run({ run: 'a b', arguments: words });
    expect(done).toMatchObject({ status: 0, stderr: '', words: ['train', '--run', 'a b', ...words] });
  });

  it('resumes an unfinished run, and leaves a finished one alone', () => {
    mkdirSync('state');
    writeFileSync('state/run.json', '{}');
    expect(run({ run: 'state', arguments: ['grid.yaml'] }).words).toEqual([
      ...['train', '--resume', '--run', 'state', 'grid.yaml'],
    ]);
    writeFileSync('state/manifest.json', '{}');
    const again = run({ run: 'state' });
    expect(again).toMatchObject({ status: 0, words: [] });
    expect(again.stdout).toContain('the run in state is finished');
  });

  it('is put back into the queue after exit code 143 alone, while the job is running', () => {
    const requeued = ['train', '--run', 'r', 'scontrol', 'requeue'];
    expect(run({}, { code: 143 })).toMatchObject({ status: 143, words: [...requeued, '42'] });
    const task = { SLURM_ARRAY_JOB_ID: '42', SLURM_ARRAY_TASK_ID: '3' };
    expect(run({}, { code: 143, env: task }).words).toEqual([...requeued, '42_3']);
    for (const end of [
      { code: 1 },
      { code: 2 },
      { code: 143, state: 'COMPLETING' },
      { code: 143, restarts: '100' },
    ]) {
      expect(run({}, end)).toMatchObject({ status: end.code, words: ['train', '--run', 'r'] });
    }
  });

  it('passes a SIGTERM on to fin through Slurm until fin hears it, and waits for its checkpoint', () => {
    const log = join(folder, 'signalled');
    // As in Slurm while srun has not started fin: the first signal reaches nobody.
    stub('scancel', `[ -e '${log}' ] && touch '${log}.stop'; echo "scancel $*" >>'${log}'`);
    const fin = join(folder, 'slow');
    writeFileSync(
      fin,
      `#!/bin/bash\nkill -TERM $PPID\nfor ((i = 0; i < 400; i++)); do [ -e '${log}.stop' ] && break; sleep 0.05; done\nsleep 0.2\necho checkpoint >>'${log}'\nexit 143\n`,
    );
    chmodSync(fin, 0o755);
    expect(run({ fin: [fin] })).toMatchObject({ status: 143, words: ['scontrol', 'requeue', '42'] });
    const scancel = 'scancel --signal=TERM 42\n';
    expect(readFileSync(log, 'utf8')).toBe(`${scancel}${scancel}checkpoint\n`);
  });

  it('does not start fin after a SIGTERM, and is put back into the queue', () => {
    const template = readTemplate().replace('# Commands that prepare', (text) => `kill -TERM $$\n${text}`);
    expect(run({}, { template })).toMatchObject({ status: 143, words: ['scontrol', 'requeue', '42'] });
  });
});

describe.skipIf(process.platform === 'win32')('--submit', () => {
  const path = process.env.PATH;
  afterEach(() => {
    process.env.PATH = path;
  });
  const submit = (sbatch: string | null) => {
    const bin = mkdtempSync(join(folder, 'submit-'));
    if (sbatch !== null) {
      writeFileSync(join(bin, 'sbatch'), `#!/bin/sh\n${sbatch}\n`);
      chmodSync(join(bin, 'sbatch'), 0o755);
    }
    process.env.PATH = sbatch === null ? bin : [bin, path].join(delimiter);
    return runFin('slurm', '--overwrite', '--submit', '--json', 'train', '--run', 'x');
  };

  it('submits the script, and prints the number of the job', async () => {
    const { code, stdout } = await submit(`[ "$1" = --parsable ] && [ -f "$2" ] && echo '12;cluster'`);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ script: 'fin-train.sh', run: 'x', job: '12' });
  });

  it.each([
    [null, 'there is no sbatch here: submit it on a login node of the cluster'],
    ['echo "sbatch: error: invalid partition specified: x" >&2; exit 1', 'invalid partition specified: x'],
  ])('says that the script was written, and why it was not submitted', async (sbatch, why) => {
    const { code, stdout } = await submit(sbatch);
    expect(code).toBe(1);
    expect(JSON.parse(stdout).error).toMatchObject({ kind: 'environment' });
    expect(JSON.parse(stdout).error.message).toContain(why);
  });
});
