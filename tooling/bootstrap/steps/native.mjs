import { runCommand } from '../run-command.mjs';
import { inRoot } from '../workspace.mjs';

const bin = inRoot('packages', 'runtime', 'bin', 'fin-runtime.js');

/**
 * Provisions native TensorFlow through the same code that a student runs as `npx fin-runtime install`. Where it is not
 * possible the command says why and the work goes on with the wasm backend.
 */
export async function ensureTensorFlow() {
  await runCommand(process.execPath, [bin, 'install', '--optional']);
}

/** Names the native TensorFlow in use (or "none"), so that turbo's cached results are not taken over from another one. */
export async function tensorFlowKey() {
  const { code, output } = await runCommand(process.execPath, [bin, 'where', '--json'], { capture: true });
  return code === 0 ? output.trim().replace(/\s+/g, ' ') : 'none';
}
