import process from 'node:process';
import { fileURLToPath } from 'node:url';

export const WORKS = ['inference', 'lora', 'full'];
/** The given model, and a BERT-base with random weights. */
export const SIZES = ['22m', 'base'];
/** int8, dynamic quantization, is for inference alone; bfloat16 here stands beside it. */
export const PRECISIONS = ['fp32', 'bf16', 'int8'];

const program = (name) => fileURLToPath(new URL(`workers/${name}`, import.meta.url));

/**
 * The systems that do a job.
 *
 * @param environments Python, and the folder of npm packages
 * @returns `command`: program; `batching`: batches without padding (`packed`), padded in the order of the data (`default`), or of similar
 *   length (`grouped`); `precision`, `job`: where they differ from the job's
 */
export function contenders({ work, precision }, { python }) {
  const fin = { system: 'fin', batching: 'packed', command: [process.execPath, program('fin.mjs')] };
  const peer = (system, file, batching, change = {}) => ({
    system,
    batching,
    command: [python, program(file)],
    ...change,
  });
  if (precision === 'int8') {
    const onnx = {
      system: 'onnxruntime',
      batching: 'grouped',
      command: [process.execPath, program('onnx.mjs')],
    };
    return [{ ...fin, precision: 'bf16', job: { precision: 'bf16' } }, fin, onnx];
  }
  const torch = (batching, change) => peer('torch', 'torch_peer.py', batching, change);
  const all = [fin, torch('default'), torch('grouped')];
  if (precision === 'bf16' && work !== 'full') {
    const name = 'bf16-weights';
    all.push(torch('grouped', { precision: name, job: { precision: name } }));
  }
  if (work === 'inference') all.push(peer('openvino', 'openvino_peer.py', 'grouped'));
  return all;
}
