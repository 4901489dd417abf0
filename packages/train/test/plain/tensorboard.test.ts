import { appendFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FileWriteError } from '@fin/files';
import { readEvents } from '@fin/testkit';
import { describe, expect, it } from 'vitest';
import { TensorBoardLog } from '../../src/index.js';
import type { EventContent } from '../../src/tensorboard/event-record.js';
import { crc32c, eventRecord } from '../../src/tensorboard/event-record.js';

const fixture = JSON.parse(
  await readFile(new URL('../fixtures/tensorboard.json', import.meta.url), 'utf8'),
) as { readonly events: (EventContent & { readonly wallTime: number; readonly record: string })[] };

describe('a TensorBoard event file', () => {
  it('has the checksum of RFC 3720', () => {
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
  });

  it.each(fixture.events.map((event, i) => [i, event] as const))(
    "is byte for byte what tensorboard's own writer makes: record %i",
    (_, event) => {
      const expected = Buffer.from(event.record, 'hex');
      const record = Buffer.from(eventRecord(event.wallTime, event));
      expect(record.toString('hex')).toBe(expected.toString('hex'));
    },
  );

  it('holds the numbers of the events that have some', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'fin-board-'));
    const board = new TensorBoardLog(join(dir, 'logs'));
    board.write({ type: 'start', step: 0, totalSteps: 2, stepsPerEpoch: 2 });
    board.write({
      type: 'log',
      step: 1,
      epoch: 0.5,
      loss: 2,
      learningRate: 0.1,
      gradNorm: 3,
      lossScale: null,
      skippedUpdates: null,
      examplesPerSecond: 9,
    });
    board.write({ type: 'evaluation', step: 2, epoch: 1, metrics: { f1: 0.5 }, improved: true });
    board.close();
    const second = new TensorBoardLog(join(dir, 'logs'));
    second.close();
    const names = await readdir(join(dir, 'logs'));
    expect(names).toHaveLength(2);
    const text = (await readFile(join(dir, 'logs', names.sort()[0]))).toString('latin1');
    for (const tag of ['train/loss', 'train/learningRate', 'train/gradNorm', 'evaluation/f1'])
      expect(text).toContain(tag);
    await rm(dir, { recursive: true });
  });

  it('of a resumed run has each point once, also after a kill in the middle of a record', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'fin-board-'));
    const log = (after: number, steps: readonly number[]) => {
      const board = new TensorBoardLog(dir, { run: 'first', after });
      for (const step of steps) board.scalar('train/loss', step / 10, step);
      board.close();
    };
    const points = () => readEvents(dir).flatMap((event) => ('tag' in event ? [event.step] : []));
    log(0, [10, 20, 300]);
    const [name] = await readdir(dir);
    await appendFile(
      join(dir, name),
      eventRecord(1, { step: 310, tag: 'train/loss', value: 1 }).slice(0, -3),
    );
    log(20, [30]);
    expect(points()).toEqual([10, 20, 30]);
    expect(readEvents(dir)).toContainEqual({ step: 21, session: 1 });
    log(0, []);
    expect(points()).toEqual([]);
    expect(() => new TensorBoardLog(dir, { run: 'second', after: 0 })).toThrow(/log of another run/);
    await rm(dir, { recursive: true });
  });

  it('says when it cannot be written', () => {
    expect(
      () => new TensorBoardLog(fileURLToPath(new URL('./tensorboard.test.ts/logs', import.meta.url))),
    ).toThrow(FileWriteError);
  });
});
