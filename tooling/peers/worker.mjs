import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** Characters of a worker's stderr to keep, for the message when it ends. */
const KEPT = 4000;

/**
 * A process with one contender. It gets its job as JSON in the last argument, prints one line about itself when it is ready, and then
 * answers each line on stdin with one pass over all batches: `{ milliseconds, processorMilliseconds, peakMemoryMB, losses }`.
 */
export class Worker {
  #child;
  #lines;
  #stderr = '';

  /** @returns the ready worker, with what it said about itself in `about` */
  static async start([command, ...args], job) {
    const worker = new Worker();
    worker.#child = spawn(command, [...args, JSON.stringify(job)], { stdio: ['pipe', 'pipe', 'pipe'] });
    worker.#child.stderr.on('data', (text) => {
      worker.#stderr = (worker.#stderr + text).slice(-KEPT);
    });
    worker.#lines = createInterface({ input: worker.#child.stdout })[Symbol.asyncIterator]();
    worker.about = await worker.#answer();
    return worker;
  }

  async pass() {
    this.#child.stdin.write('\n');
    return this.#answer();
  }

  async stop() {
    this.#child.stdin.end();
    if (this.#child.exitCode === null) await once(this.#child, 'close');
  }

  async #answer() {
    for (;;) {
      const { done, value } = await this.#lines.next();
      if (done) throw new Error(`a worker ended: ${this.#child.spawnargs.join(' ')}\n${this.#stderr}`);
      if (value.startsWith('{')) return JSON.parse(value);
    }
  }
}
