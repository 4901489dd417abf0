import { execFileSync } from 'node:child_process';
import { afterEach, describe, expect, it } from 'vitest';
import { escapeJson, escapeLine, finCommand, shellQuote } from '../src/io/escape.js';
import { main } from '../src/main.js';

const ESC = String.fromCharCode(0x1b);
const CONTROL = [ESC, '\u0007', '\b', '\r', '\t', '\u007f', '\u009b', '\u0085'];
const INVISIBLE = [
  '\u202e',
  '\u2066',
  '\u200b',
  '\u200f',
  '\ufeff',
  '\u00ad',
  '\u2028',
  '\u{e0041}',
  '\ud800',
];
const unsafe = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

describe('text for a terminal', () => {
  it.each([...CONTROL, ...INVISIBLE, '\n'])('%j becomes visible', (character) => {
    const line = escapeLine(`a${character}b`);
    expect(line).not.toMatch(unsafe);
    expect(line).toMatch(/^a\\[xun][0-9a-f{}]*b$/);
  });

  it('keeps letters of every script', () => {
    for (const text of ['naïve – 12 %', '日本語', 'Ελλάδα', 'עברית', '🙂', '…'])
      expect(escapeLine(text)).toBe(text);
  });

  it('stays the same value in JSON', () => {
    const value = { text: [...CONTROL, ...INVISIBLE, '\n', '"', '\\'].join('') };
    const json = escapeJson(JSON.stringify(value, null, 2));
    expect(json.replaceAll('\n', '')).not.toMatch(unsafe);
    expect(JSON.parse(json)).toEqual(value);
  });
});

describe.skipIf(process.platform === 'win32')('a word for the shell', () => {
  const inShell = (words: string) => execFileSync('sh', ['-c', `printf '%s\\0' ${words}`]).toString();

  it.each([
    '',
    'runs/first',
    "my run'$(touch x)",
    '`id`; rm -rf *',
    '"two"  spaces\\',
    '-x',
    '~',
    '*',
    '!!',
    'ü 日本',
    `bell\u0007${ESC}[31m%d\\n'"$HOME`,
    'new\nline',
    '\u202egnp.exe',
  ])('%j arrives as it is', (word) => {
    expect(inShell(shellQuote(word))).toBe(`${word}\0`);
    expect(escapeLine(shellQuote(word))).toBe(shellQuote(word)); // printing it changes nothing
  });

  it('arrives as it is, for random words', () => {
    const characters = ['a', ' ', "'", '"', '$', '`', '\\', '(', '%', '\n', ESC, '\u202e', 'é', '!', '0'];
    let state = 1;
    const next = (below: number) => {
      state = (state * 48271) % 2147483647;
      return state % below;
    };
    const words = Array.from(
      { length: 300 },
      () => `${Array.from({ length: next(12) }, () => characters[next(characters.length)]).join('')}.`,
    );
    expect(inShell(words.map(shellQuote).join(' '))).toBe(words.map((word) => `${word}\0`).join(''));
  });
});

describe('a suggested command', () => {
  afterEach(() => {
    delete process.env.FIN_COMMAND;
  });

  it('starts fin the way it was started', () => {
    expect(finCommand('evaluate', '--run', 'a b')).toBe("fin evaluate --run 'a b'");
    process.env.FIN_COMMAND = 'npm run -s fin --';
    expect(finCommand('evaluate', '--run', 'x')).toBe('npm run -s fin -- evaluate --run x');
  });
});

describe('what a command prints', () => {
  it('has no control characters of the command line in it', async () => {
    const written: string[] = [];
    const stream = { write: (text: string) => written.push(text) };
    const hostile = `x${ESC}]0;title\u0007\u202e\r\nfin: all is well`;
    for (const args of [
      [hostile],
      ['evaluate', '--run', hostile],
      ['data', 'check', '--data', hostile],
      ['data', 'check', '--data', hostile, '--json'],
      ['model', 'info', hostile, '--json'],
      ['train', '--epochs', hostile],
      ['train', '--model', hostile],
    ]) {
      expect(await main(args, { stdout: stream, stderr: stream })).toBe(2);
    }
    const lines = written.join('').split('\n');
    for (const line of lines) expect(line).not.toMatch(unsafe);
    expect(lines).not.toContain('fin: all is well');
  });
});
