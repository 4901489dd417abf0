import { readFileSync } from 'node:fs';
import process from 'node:process';
import { createInterface } from 'node:readline';

/**
 * Serves one contender: prints `about`, then for every line on stdin does one pass over all batches and prints its figures.
 *
 * @param pass does all batches in turn; returns their losses, or nulls
 */
export function serve(about, pass) {
  console.log(JSON.stringify(about));
  createInterface({ input: process.stdin }).on('line', async () => {
    const [clock, processor] = [performance.now(), process.cpuUsage()];
    const losses = await pass();
    const milliseconds = performance.now() - clock;
    const { user, system } = process.cpuUsage(processor);
    console.log(
      JSON.stringify({
        milliseconds,
        processorMilliseconds: (user + system) / 1000,
        peakMemoryMB: peakMemory(),
        losses,
      }),
    );
  });
}

/** Peak resident memory of this process in MB of 1e6 bytes. */
function peakMemory() {
  const line = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'));
  return (Number(line[1]) * 1024) / 1e6;
}
