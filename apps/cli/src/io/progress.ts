import type { Terminal } from './terminal.js';

// Our own, since the progress libraries write raw text to a stream of Node and nothing useful where there is no terminal.

/** Redraws of a terminal's line per second. */
const FRAMES_PER_SECOND = 10;
/** Without a terminal: at most one plain line in this time, and none that repeats the one before, so that logs stay readable. */
const PLAIN_LINE_MS = 5_000;
/** The time left is estimated only after this much of the work has been timed. */
const TIMED_MS = 2_000;
const BAR_WIDTH = 24;

/** Progress of long work in one or more phases, on stderr: a bar on a terminal, plain lines elsewhere. */
export interface Progress {
  /** Shows that `done` of `total` steps of a phase are done. `note` is a short text, such as the current loss. */
  update(phase: string, done: number, total: number, note?: string): void;
  /** Prints a line that stays. */
  line(text: string): void;
  /** Ends the bar's line. */
  end(): void;
}

function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 60
    ? `${seconds} s`
    : `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
}

export function createProgress(terminal: Terminal): Progress {
  const interval = terminal.isTerminal ? 1000 / FRAMES_PER_SECOND : PLAIN_LINE_MS;
  let phase = '';
  let started = { time: 0, done: 0 };
  let last = Number.NEGATIVE_INFINITY;
  let plainLine = '';
  return {
    update(label, done, total, note = '') {
      const now = performance.now();
      if (label !== phase) {
        terminal.clear();
        phase = label;
        started = { time: now, done: Math.max(0, done - 1) };
        last = now;
      }
      const finished = done >= total;
      if (!finished && now - last < interval) return;
      last = now;
      const elapsed = now - started.time;
      const timed = done - started.done;
      const left =
        elapsed > TIMED_MS && timed > 0 && !finished
          ? `, ${duration((elapsed / timed) * (total - done))} left`
          : '';
      const text = `${done}/${total}${left}${note && `  ${note}`}`;
      if (!terminal.isTerminal) {
        const line = `${label}: ${text}`;
        if (line !== plainLine) terminal.line(line);
        plainLine = line;
        return;
      }
      const filled = Math.round((total > 0 ? Math.min(1, done / total) : 1) * BAR_WIDTH);
      terminal.redraw(`${label} ${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)} ${text}`);
    },
    line: (text) => terminal.line(text),
    end: () => terminal.keep(),
  };
}
