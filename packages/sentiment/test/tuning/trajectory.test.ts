import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSafetensors } from '@fin/files/safetensors';
import { crossEntropy, loadBert } from '@fin/finbert-lora';
import { PeftModel } from '@fin/finbert-lora/lora';
import { packSequences } from '@fin/finbert-lora/tokenizer';
import { loadKernels } from '@fin/kernels';
import { hasNativeOps, randomStreams } from '@fin/runtime';
import { allClose, parity } from '@fin/testkit';
import { AdamW, fit, linearSchedule } from '@fin/train';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { classWeights } from '../../src/tuning/class-weights.js';
import { layerRateGroups } from '../../src/tuning/layer-rate-groups.js';
import { sentenceBatches } from '../../src/tuning/sentence-set.js';

const folder = fileURLToPath(new URL('../fixtures/tuning', import.meta.url));

interface Trajectory {
  readonly settings: Readonly<
    Record<'batchSize' | 'epochs' | 'learningRate' | 'weightDecay' | 'warmupSteps', number>
  >;
  readonly sequences: readonly number[][];
  readonly labels: readonly number[];
  readonly orders: readonly number[][];
  readonly losses: readonly number[];
  readonly gradNorms: readonly number[];
  readonly learningRates: readonly number[];
  readonly epochLosses: readonly number[];
}

const expected: Trajectory = JSON.parse(readFileSync(join(folder, 'trajectory.json'), 'utf8'));
const CLOSE = parity('tuning-trajectory');

vi.stubEnv('FIN_KERNELS', '');
if (hasNativeOps()) await loadKernels();
afterAll(() => void vi.unstubAllEnvs());

describe.each(hasNativeOps() ? ['fused', 'composed'] : ['composed'])('fine-tuning with %s ops', (ops) => {
  it('goes the way of transformers and PEFT, update by update', async () => {
    vi.stubEnv('FIN_KERNELS', ops === 'fused' ? '' : '0');
    const { batchSize, epochs, learningRate, weightDecay, warmupSteps } = expected.settings;
    const { model: bert } = await loadBert(join(folder, 'model'), { init: randomStreams(1).stream('init') });
    const model = await PeftModel.fromPretrained(bert, join(folder, 'start'), { isTrainable: true });
    const labels = Int32Array.from(expected.labels);
    const sequences = expected.sequences.map((ids) => Int32Array.from(ids));
    const weights = classWeights(labels, 3);
    const { size, batch } = sentenceBatches({ sequences, labels });
    const perEpoch = Math.ceil(size / batchSize);
    const optimizer = new AdamW(layerRateGroups(model, 2, { learningRate, layerDecay: 1, weightDecay }), {
      learningRate,
    });
    const own = {
      losses: [] as number[],
      gradNorms: [] as number[],
      learningRates: [] as number[],
      epochLosses: [] as number[],
    };
    await fit({
      model,
      optimizer,
      data: {
        size,
        batch: (_, place) => {
          const order = expected.orders[Math.floor(place.step / perEpoch)];
          const begin = (place.step % perEpoch) * batchSize;
          return batch(Int32Array.from(order.slice(begin, begin + batchSize)), place);
        },
      },
      batchSize,
      epochs,
      random: randomStreams(1),
      maxGradNorm: 1,
      logEvery: 1,
      schedule: ({ totalSteps }) => linearSchedule({ totalSteps, warmupSteps }),
      loss: ({ tokens, labels: classes }) =>
        crossEntropy(model.forward(tokens), classes, { classWeights: weights }),
      evaluate: () => {
        const loss = crossEntropy(model.forward(packSequences(sequences)), labels, { classWeights: weights });
        return { loss: loss.dataSync()[0] };
      },
      onEvent: (event) => {
        if (event.type === 'evaluation') own.epochLosses.push(event.metrics.loss);
        if (event.type !== 'log') return;
        own.losses.push(event.loss);
        own.gradNorms.push(event.gradNorm!);
        own.learningRates.push(event.learningRate);
      },
    });
    expect(own.losses).toHaveLength(epochs * perEpoch);
    for (const name of ['losses', 'gradNorms', 'learningRates', 'epochLosses'] as const) {
      allClose(own[name], expected[name], CLOSE);
    }
    const end = parseSafetensors(readFileSync(join(folder, 'end/adapter_model.safetensors')));
    expect([...model.adapterParameters('default').keys()].sort()).toEqual(end.names());
    for (const [name, variable] of model.adapterParameters('default')) {
      allClose(variable.dataSync(), end.tensor(name).data as Float32Array, CLOSE);
    }
    optimizer.dispose();
    model.dispose();
  });
});
