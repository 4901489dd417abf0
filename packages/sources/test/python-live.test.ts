import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { findModel } from '../src/index.js';
import { bench, COMMIT, FILES, MODEL, WEIGHTS } from './tiny-model.js';

const python = process.env.FIN_ORACLE_PYTHON;
const at = bench();

/** Runs `snapshot_download` of huggingface_hub, which prints the folder. */
async function snapshotDownload(options: string): Promise<string> {
  const code = `from huggingface_hub import snapshot_download as get; print(get('${MODEL}', ${options}))`;
  const env = { ...process.env, ...at.env, HF_HUB_DISABLE_XET: '1', HF_HUB_DISABLE_TELEMETRY: '1' };
  const { stdout } = await promisify(execFile)(python!, ['-c', code], { env });
  return stdout.trim();
}

describe.skipIf(python === undefined)('huggingface_hub itself (FIN_ORACLE_PYTHON)', () => {
  it('finds what was pulled here, without the network', async () => {
    const { dir, files } = await at.pull();
    const asked = at.hub.requests.length;
    const names = JSON.stringify(files.map(({ path }) => path));
    expect(await snapshotDownload(`local_files_only=True, allow_patterns=${names}`)).toBe(dir);
    expect(await snapshotDownload(`revision='${COMMIT}', local_files_only=True`)).toBe(dir);
    expect(at.hub.requests).toHaveLength(asked);
  });

  it('adds the other files to what was pulled here', async () => {
    const { dir } = await at.pull();
    at.hub.requests.length = 0;
    expect(await snapshotDownload('max_workers=1')).toBe(dir);
    expect(readFileSync(join(dir, 'tf_model.h5')).equals(FILES['tf_model.h5'].content)).toBe(true);
    expect(
      at.hub.requests.filter(({ method, path }) => method === 'GET' && path.endsWith('config.json')),
    ).toEqual([]);
  });

  it('leaves what is found here, and not fetched again', async () => {
    const dir = await snapshotDownload('max_workers=1');
    expect(await findModel(MODEL, { env: at.env })).toMatchObject({ dir, commit: COMMIT });
    const { files } = await at.pull();
    expect(files.map(({ fetched }) => fetched)).toEqual([false, false, false, false]);
    expect(readFileSync(join(dir, 'model.safetensors')).equals(WEIGHTS)).toBe(true);
  });
});
