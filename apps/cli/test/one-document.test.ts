import { expect, it } from 'vitest';
import { reportError } from '../src/io/report-error.js';
import { Terminal } from '../src/io/terminal.js';

it('prints one JSON document also when a command fails after its result', () => {
  let stdout = '';
  const terminal = new Terminal({
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: () => {} },
  });
  terminal.result(true, { problems: ['no weights'] }, () => []);
  const error = Object.assign(new Error('cannot be used'), { kind: 'input' });
  expect(reportError(error, terminal, true)).toBe(2);
  expect(JSON.parse(stdout)).toEqual({ problems: ['no weights'] });
});
