import { describe, expect, it } from 'vitest';
import { runFin } from './run-fin.js';

const commands = [
  ['data', 'check'],
  ['data', 'describe'],
  ['data', 'pull', 'prices'],
  ['data', 'pull', 'kaggle'],
  ['train'],
  ['evaluate'],
  ['backtest'],
  ['ablate'],
  ['sweep'],
  ['merge'],
  ['compare'],
  ['predict'],
  ['report'],
  ['finetune'],
  ['sentiment'],
  ['model', 'pull'],
  ['model', 'info'],
  ['model', 'convert'],
  ['model', 'merge'],
  ['slurm'],
  ['doctor'],
  ['install'],
];

describe('help', () => {
  it.each(commands.map((command) => [command.join(' '), command]))(
    'fin %s explains itself and its --json',
    async (_, command) => {
      const { code, stdout, stderr } = await runFin(...command, '--help');
      expect(code).toBe(0);
      expect(stderr).toBe('');
      expect(stdout).toContain(`Usage: fin ${command.join(' ')}`);
      expect(stdout).toContain('--json');
    },
  );

  it('lists every command', async () => {
    const { code, stdout } = await runFin('--help');
    expect(code).toBe(0);
    for (const [name] of commands) expect(stdout).toContain(`\n  ${name} `);
  });
});

describe('a command line that is wrong', () => {
  it.each([
    [['trian'], 'unknown command'],
    [['train', '--epochs', 'many'], 'a whole number of at least 1'],
    [['train', '--signal', '-1'], 'a number of at least 0'],
    [['train', '--backend', 'gpu'], 'Allowed choices are tensorflow, wasm, cpu'],
    [['data', 'check', '--jsn'], "unknown option '--jsn'"],
    [['evaluate', '--run', 'no/such/run'], 'no/such/run'],
  ])('fin %j ends with 2 and says what', async (args, message) => {
    const { code, stdout, stderr } = await runFin(...args);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(message);
  });
});
