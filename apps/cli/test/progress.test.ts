import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createProgress } from '../src/io/progress.js';
import { Terminal } from '../src/io/terminal.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Progress without a terminal, and the lines that it printed. */
function plainProgress() {
  let text = '';
  const stream = {
    write: (chunk: string) => {
      text += chunk;
    },
  };
  const progress = createProgress(new Terminal({ stdout: stream, stderr: stream }));
  return { progress, lines: () => text.trimEnd().split('\n') };
}

it('estimates the time left only when a step is done, and repeats no line', () => {
  const { progress, lines } = plainProgress();
  for (let time = 0; time < 60; time += 10) {
    progress.update('measurements', 0, 8);
    vi.advanceTimersByTime(10_000);
  }
  progress.update('measurements', 2, 8);
  vi.advanceTimersByTime(10_000);
  progress.update('measurements', 8, 8);
  expect(lines()).toEqual(['measurements: 0/8', 'measurements: 2/8, 3 min 00 s left', 'measurements: 8/8']);
});
