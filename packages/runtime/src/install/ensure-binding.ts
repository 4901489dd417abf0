import { copyFile, mkdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { bindingKey } from './binding-key.js';
import { compileBinding } from './compile-binding.js';
import { StepImpossible } from './errors.js';
import type { Job } from './job.js';
import type { BindingManifest } from './manifests.js';
import { readManifest } from './manifests.js';
import { inWorkFolder, publish } from './publish.js';
import type { TensorFlowCopy } from './tensorflow-copy.js';
import type { Toolbox } from './toolbox.js';
import { tryBinding } from './try-binding.js';

const NAME = 'tfjs_binding.node';

/** Makes the binding of a TensorFlow, tries it, and only then lets it be found. */
export async function ensureBinding(job: Job, tools: Toolbox, copy: TensorFlowCopy): Promise<void> {
  const place = join(job.layout.binding, bindingKey(copy.key, job.layout.root));
  if (await readManifest(place)) return;
  if (copy.libraryDir.includes(':')) {
    throw new StepImpossible(
      `a program cannot be linked to a library in ${copy.libraryDir}: the path has a colon`,
    );
  }
  await inWorkFolder(job.layout, 'binding', async (dir) => {
    const { path, compiler } = copy.prebuilt
      ? await adoptBinding(copy, copy.prebuilt, dir)
      : await makeBinding(job, tools, copy, dir);
    const { version, gpuDevice } = await tryBinding(job, join(dir, path));
    await publish<BindingManifest>(job.layout, dir, place, [path], {
      path,
      tensorflow: copy.key,
      tensorflowVersion: version,
      gpuDevice,
      compiler,
    });
  });
}

interface MadeBinding {
  /** Within the folder. */
  readonly path: string;
  readonly compiler: string;
}

async function makeBinding(
  job: Job,
  tools: Toolbox,
  copy: TensorFlowCopy,
  dir: string,
): Promise<MadeBinding> {
  const compiler = await tools.compiler();
  try {
    await compileBinding(job, compiler, copy, join(dir, NAME));
    return { path: NAME, compiler: compiler.name };
  } catch (error) {
    if (!(error instanceof StepImpossible) || compiler.kind === 'zig') throw error;
    job.report({ kind: 'note', text: `${error.message}\ntrying the compiler of the wheel ziglang` });
    const zig = await tools.zig().catch(() => {
      throw error;
    });
    await compileBinding(job, zig, copy, join(dir, NAME));
    return { path: NAME, compiler: zig.name };
  }
}

/** A binding that tfjs-node's own installer brought looks for its library in `../../deps/lib`. */
async function adoptBinding(copy: TensorFlowCopy, prebuilt: string, dir: string): Promise<MadeBinding> {
  const path = join('lib', 'napi', NAME);
  await mkdir(join(dir, 'lib', 'napi'), { recursive: true });
  await copyFile(prebuilt, join(dir, path));
  await symlink(dirname(copy.libraryDir), join(dir, 'deps'));
  return { path, compiler: 'none: came with tfjs-node' };
}
