// onnxruntime-node's side of the comparison with peers, inference alone. Protocol: see ../worker.mjs.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { serve } from '../serve.mjs';

const { onnx, inputs, threads, modules } = JSON.parse(process.argv[2]);
const ort = createRequire(`${modules}/package.json`)('onnxruntime-node');
const { batchSize, headlines } = JSON.parse(readFileSync(inputs, 'utf8'));
const session = await ort.InferenceSession.create(onnx, { intraOpNumThreads: threads });
const sorted = headlines.toSorted((a, b) => a.ids.length - b.ids.length);
const batches = [];
for (let at = 0; at < sorted.length; at += batchSize) {
  const part = sorted.slice(at, at + batchSize).map(({ ids }) => ids);
  const longest = Math.max(...part.map(({ length }) => length));
  const tensor = (valueAt) =>
    new ort.Tensor(
      'int64',
      BigInt64Array.from(
        part.flatMap((ids) =>
          Array.from({ length: longest }, (_, i) => BigInt(i < ids.length ? valueAt(ids, i) : 0)),
        ),
      ),
      [part.length, longest],
    );
  batches.push({ input_ids: tensor((ids, i) => ids[i]), attention_mask: tensor(() => 1) });
}

serve({ system: 'onnxruntime', version: `onnxruntime-node ${ort.env.versions.node}` }, async () => {
  for (const batch of batches) await session.run(batch);
  return null;
});
