/** Event of a running installation. */
export type InstallEvent =
  /** A step begins; the previous one is finished. */
  | { readonly kind: 'step'; readonly text: string }
  /** Progress of the current step: bytes of a download, source files of a compilation. */
  | { readonly kind: 'progress'; readonly done: number; readonly total: number }
  /** Additional information, such as why a better way failed. */
  | { readonly kind: 'note'; readonly text: string };

export type InstallListener = (event: InstallEvent) => void;

/** The part of a stream that the printer uses; `process.stderr` has it. */
export interface PrinterStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface EventPrinter {
  readonly onEvent: (event: InstallEvent) => void;
  /** Finishes the last line and stops the timer. */
  end(): void;
}

const BAR_WIDTH = 24;
const REDRAW_MS = 200;
/** Without a terminal: one line per quarter of a step, and one every 30 seconds to show that work continues. */
const QUARTER = 0.25;
const LIFE_MS = 30_000;

/** Prints the events of an installation: on a terminal one updated line with a bar, otherwise plain lines. */
export function printEvents(stream: PrinterStream): EventPrinter {
  return stream.isTTY ? livePrinter(stream) : plainPrinter(stream);
}

function livePrinter(stream: PrinterStream): EventPrinter {
  let step: string | undefined;
  let fraction: number | undefined;
  let started = 0;
  let drawn = 0;
  const draw = () => {
    if (step === undefined) return;
    drawn = Date.now();
    const seconds = Math.round((drawn - started) / 1000);
    const end = `${fraction === undefined ? '' : ` ${bar(fraction)}`}${seconds > 0 ? ` ${seconds} s` : ''}`;
    const room = (stream.columns ?? 80) - 1 - end.length;
    stream.write(`\r\x1b[2K${step.slice(0, Math.max(room, 0))}${end}`);
  };
  const finishLine = () => {
    if (step === undefined) return;
    draw();
    stream.write('\n');
    step = undefined;
  };
  const clock = setInterval(draw, 1000).unref();
  return {
    onEvent(event) {
      if (event.kind === 'progress') {
        fraction = event.done / event.total;
        if (Date.now() - drawn > REDRAW_MS) draw();
        return;
      }
      if (event.kind === 'note') {
        if (step !== undefined) stream.write('\r\x1b[2K');
        stream.write(`  ${event.text}\n`);
        return draw();
      }
      finishLine();
      step = event.text;
      fraction = undefined;
      started = Date.now();
      draw();
    },
    end() {
      finishLine();
      clearInterval(clock);
    },
  };
}

function bar(fraction: number): string {
  return `[${'#'.repeat(Math.round(fraction * BAR_WIDTH)).padEnd(BAR_WIDTH, '.')}] ${Math.floor(fraction * 100)}%`;
}

function plainPrinter(stream: PrinterStream): EventPrinter {
  let step: string | undefined;
  let shown = 0;
  let started = 0;
  let clock: NodeJS.Timeout | undefined;
  const startClock = () => {
    clearInterval(clock);
    clock = setInterval(() => {
      stream.write(`  still ${step}: ${Math.round((Date.now() - started) / 1000)} s\n`);
    }, LIFE_MS).unref();
  };
  return {
    onEvent(event) {
      if (event.kind === 'progress') {
        const quarter = Math.floor(event.done / event.total / QUARTER) * QUARTER;
        if (quarter <= shown) return;
        shown = quarter;
        stream.write(`  ${quarter * 100}%\n`);
      } else if (event.kind === 'note') {
        stream.write(`  ${event.text}\n`);
      } else {
        step = event.text;
        shown = 0;
        started = Date.now();
        stream.write(`${step}\n`);
        startClock();
      }
    },
    end() {
      clearInterval(clock);
    },
  };
}
