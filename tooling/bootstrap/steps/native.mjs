import { inRoot, runCommand } from '../step.mjs';

const bin = inRoot('packages', 'runtime', 'bin', 'fin-runtime.js');

/**
 * Installs native TensorFlow with the same code as `fin install`. If that is impossible, the command prints the reason, and
 * everything runs on the wasm backend.
 */
export async function ensureTensorFlow() {
  await runCommand(process.execPath, [bin, 'install', '--optional']);
}

/** Identifies the native TensorFlow in use (or "none"), so that turbo takes no cached result of another one. */
export async function tensorFlowKey() {
  const { code, stdout } = await runCommand(process.execPath, [bin, 'where', '--json'], { capture: true });
  return code === 0 ? stdout.trim().replace(/\s+/g, ' ') : 'none';
}
