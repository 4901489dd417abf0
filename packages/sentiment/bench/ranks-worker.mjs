// One contender of ranks.mjs, or a rank of it: fine-tunes a BERT of 22 million random weights and prints the time of each update. With
// `share`, it does what that one of two ranks does, but adds up nothing and waits for nobody.
import { BertForSequenceClassification, createConfig, crossEntropy } from '@fin/finbert-lora';
import { getPeftModel } from '@fin/finbert-lora/lora';
import { packSequences } from '@fin/finbert-lora/tokenizer';
import { loadKernels } from '@fin/kernels';
import { initProcessGroup, singleProcess } from '@fin/parallel';
import { randomStreams } from '@fin/runtime';
import { AdamW, countParameters, decayGroups, fit } from '@fin/train';

const { method, threads, batch, share } = JSON.parse(process.argv[2]);
const WARM_UP = 3;
const UPDATES = 10;

const group =
  share === undefined ? await initProcessGroup() : { ...singleProcess, rank: share, worldSize: 2 };
await loadKernels({ threads });

const random = randomStreams(1);
const config = createConfig({
  vocabSize: 30522,
  hiddenSize: 384,
  numHiddenLayers: 6,
  numAttentionHeads: 12,
  intermediateSize: 1536,
});
const bert = new BertForSequenceClassification(config, { init: random.stream('init') });
const model =
  method === 'lora'
    ? getPeftModel(
        bert,
        { taskType: 'SEQ_CLS', r: 8, targetModules: ['query', 'value'] },
        { init: random.stream('adapter') },
      )
    : bert;
// As long as headlines: 12 to 43 tokens.
const sequences = Array.from({ length: 512 }, (_, i) =>
  Int32Array.from({ length: 12 + ((7 * i) % 32) }, (_, k) => 1000 + ((31 * i + k) % 20000)),
);
const optimizer = new AdamW(decayGroups(model, 0.01), { learningRate: 1e-5 });

let begun = 0;
const steps = [];
await fit({
  ...{
    model,
    optimizer,
    group,
    random,
    batchSize: batch,
    maxSteps: WARM_UP + UPDATES,
    logEvery: 1000,
    maxGradNorm: 1,
  },
  data: {
    size: sequences.length,
    batch: (indices, { whole, first }) => ({
      tokens: packSequences(
        Array.from(indices, (i) => sequences[i]),
        indices.length < whole.length
          ? { lengths: Array.from(whole, (i) => sequences[i].length), first }
          : undefined,
      ),
      labels: indices.map((i) => i % 2),
    }),
  },
  loss: ({ tokens, labels }, { dropout }) =>
    crossEntropy(model.forward(tokens, { training: true, dropout }), labels),
  onEvent: ({ type }) => {
    if (type !== 'step') return;
    // The step's ops have run; only clipping and the update may still be on their way.
    steps.push(performance.now() - begun);
    begun = performance.now();
  },
});

const { trainableParameters: parameters } = countParameters(model);
const bytes = 4 * parameters;
const time = async (repetitions, work) => {
  const begin = performance.now();
  for (let i = 0; i < repetitions; i++) await work();
  return (performance.now() - begin) / repetitions;
};
const STRETCH = 2 ** 20;
const gradients = new Float32Array(parameters);
const addUp = () =>
  Promise.all(
    Array.from({ length: Math.ceil(parameters / STRETCH) }, (_, i) =>
      group.allReduce(gradients.subarray(i * STRETCH, (i + 1) * STRETCH)),
    ),
  );
await addUp();
const communication = await time(5, addUp);
const latency = await time(200, () => group.allReduceNumbers([1]));
await group.close();
if (group.rank === 0 || share !== undefined)
  console.log(JSON.stringify({ steps: steps.slice(WARM_UP), parameters, bytes, communication, latency }));
