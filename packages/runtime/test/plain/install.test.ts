import {
  existsSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { ToolName } from './install-support/machine.js';
import { library, Machine, tensorflowFiles } from './install-support/machine.js';

const machines: Machine[] = [];
const machine = (tools?: readonly ToolName[]): Machine => {
  const made = new Machine(tools);
  machines.push(made);
  return made;
};

afterEach(() => {
  for (const made of machines.splice(0)) made.remove();
});

describe('the Python wheel', () => {
  it('is downloaded, unpacked, and gets a binding that was tried', async () => {
    const here = machine();
    const { outcome, stderr } = await here.run();
    expect(outcome, stderr).toMatchObject({ status: 'installed', attempts: [] });
    const { installation } = outcome;
    expect(installation).toMatchObject({ tensorflowVersion: '2.21.0', source: 'wheel', gpu: false });
    const { libraryDir = '', includeDir = '', tensorflowDir, tfjsNodeDir = '' } = installation ?? {};
    expect(tensorflowDir).toBe(join(here.cache, 'tensorflow', 'tensorflow-cpu', 'tensorflow'));
    expect(existsSync(join(includeDir, 'tensorflow', 'c', 'c_api.h'))).toBe(true);
    expect(existsSync(join(libraryDir, 'python'))).toBe(false);
    expect(existsSync(join(tfjsNodeDir, 'package.json'))).toBe(true);
    const plain = library('tensorflow_cc').replace('.2', '');
    expect(readlinkSync(join(libraryDir, plain))).toBe(library('tensorflow_cc'));
    expect(here.leftovers()).toEqual([]);
  });

  it('is asked of pip without touching the Python, its cache or /tmp', async () => {
    const here = machine();
    await here.runHere();
    const [{ args, tmp }] = here.calls('python3');
    expect(args).toEqual([
      ...['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '--python-version', '3.11'],
      ...['--platform', 'any', '--dest', expect.stringContaining(here.cache), '--no-cache-dir'],
      ...['--disable-pip-version-check', '--no-input', '--quiet', 'tensorflow-cpu==1'],
    ]);
    expect(tmp).toContain(here.cache);
  });

  it('is not fetched twice', async () => {
    const here = machine();
    await here.runHere();
    const before = here.calls().length;
    expect((await here.runHere()).outcome).toMatchObject({ status: 'present' });
    expect(here.calls()).toHaveLength(before);
  });

  it('is refused when it is another file than the pinned one', async () => {
    const here = machine();
    writeFileSync(join(here.index, 'tensorflow-cpu==1.whl'), 'something else');
    const { outcome } = await here.runHere();
    expect(outcome.status).toBe('impossible');
    expect(outcome.attempts[0].reason).toContain(here.platform.cpu.wheels[0].sha256);
    expect(here.leftovers()).toEqual([]);
    expect(existsSync(join(here.cache, 'tensorflow'))).toBe(false);
  });

  it('passes on what pip complained of', async () => {
    const here = machine();
    rmSync(join(here.index, 'tensorflow-cpu==1.whl'));
    const { outcome } = await here.runHere();
    expect(outcome.attempts[0]).toMatchObject({
      reason: expect.stringContaining('ERROR: No matching distribution found for tensorflow-cpu==1'),
      fix: expect.stringContaining('pip'),
    });
  });

  it('is fetched anew when its library was cut short', async () => {
    const here = machine();
    const { outcome } = await here.runHere();
    truncateSync(join(outcome.installation?.libraryDir ?? '', library('tensorflow_cc')), 2);
    expect((await here.runHere()).outcome.status).toBe('installed');
    expect(here.calls('python3')).toHaveLength(2);
  });

  it('is not fetched anew when only the binding is lost', async () => {
    const here = machine();
    const { outcome } = await here.runHere();
    rmSync(outcome.installation?.bindingPath ?? '');
    expect((await here.runHere()).outcome.status).toBe('installed');
    expect(here.calls('python3')).toHaveLength(1);
    expect(here.calls('c++')).toHaveLength(2);
  });

  it('whose library cannot be loaded leaves no binding', async () => {
    const here = machine();
    const version = Object.keys(tensorflowFiles(''))[0];
    await here.runHere();
    rmSync(join(here.cache, 'binding'), { recursive: true });
    writeFileSync(join(here.cache, 'tensorflow', 'tensorflow-cpu', version), 'unload');
    const manifest = join(here.cache, 'tensorflow', 'tensorflow-cpu', 'manifest.json');
    const text = readFileSync(manifest, 'utf8');
    writeFileSync(join(here.cache, 'tensorflow', 'tensorflow-cpu', version), 'unloadable');
    writeFileSync(manifest, text.replace(/("tensorflow\/libtensorflow_cc[^"]*": )\d+/, '$110'));
    const { outcome } = await here.runHere();
    expect(outcome.status).toBe('impossible');
    expect(outcome.attempts[0].reason).toContain('invalid ELF header');
    expect(existsSync(join(here.cache, 'binding'))).toBe(false);
  });
});

describe('the CUDA build', () => {
  it('is laid side by side with the libraries it looks for', async () => {
    const here = machine();
    const { outcome } = await here.runHere({}, { gpu: true });
    expect(outcome).toMatchObject({ status: 'installed', installation: { gpu: true } });
    const libraryDir = outcome.installation?.libraryDir ?? '';
    expect(existsSync(join(libraryDir, '..', 'nvidia', 'cublas', 'lib', 'libcublas.so.12'))).toBe(true);
    const ptxas = join(libraryDir, '..', 'nvidia', 'cuda_nvcc', 'bin', 'ptxas');
    expect(statSync(ptxas).mode & 0o111).not.toBe(0);
  });

  it('gives way to the CPU build when it cannot be had', async () => {
    const here = machine();
    rmSync(join(here.index, 'nvidia-cublas==1.whl'));
    const { outcome } = await here.runHere({}, { gpu: true });
    expect(outcome).toMatchObject({ status: 'installed', installation: { gpu: false } });
    expect(outcome.attempts[0].what).toContain('with CUDA');
  });

  it('is got beside a CPU build, unless that will do', async () => {
    const here = machine();
    await here.runHere();
    expect((await here.runHere({}, { gpu: true, keepCpuBuild: true })).outcome.status).toBe('present');
    expect(here.calls('python3')).toHaveLength(1);
    await here.runHere({}, { gpu: true });
    expect(here.calls('python3')).toHaveLength(3);
  });
});

describe('FIN_TENSORFLOW_DIR', () => {
  it.each([
    ['the folder of a Python package', 'own', tensorflowFiles('2.18.0', 'own/')],
    ['the folder above it', 'own', tensorflowFiles('2.18.0', 'own/tensorflow/')],
    [
      'an unpacked libtensorflow',
      'own',
      {
        [`own/lib/${library('tensorflow')}`]: '2.18.0',
        [`own/lib/${library('tensorflow_framework')}`]: '',
        'own/include/tensorflow/c/c_api.h': '',
      },
    ],
  ])('goes before everything: %s', async (_what, name, files) => {
    const here = machine();
    await here.runHere();
    here.write(files);
    const { outcome } = await here.runHere({ FIN_TENSORFLOW_DIR: join(here.dir, name) });
    expect(outcome).toMatchObject({
      status: 'installed',
      installation: { source: 'folder', tensorflowVersion: '2.18.0' },
    });
    expect(here.calls('python3')).toHaveLength(1);
    expect((await here.runHere()).outcome.installation?.source).toBe('wheel');
  });

  it('gets a new binding when its library is replaced', async () => {
    const here = machine();
    here.write(tensorflowFiles('2.18.0', 'own/'));
    const env = { FIN_TENSORFLOW_DIR: join(here.dir, 'own') };
    await here.runHere(env);
    here.write(tensorflowFiles('2.18.10', 'own/'));
    const { outcome } = await here.runHere(env);
    expect(outcome).toMatchObject({ status: 'installed', installation: { tensorflowVersion: '2.18.10' } });
  });

  it('is an error of the user where it does not fit', async () => {
    const here = machine();
    here.write({ 'own/lib/libother.so': '' });
    const wrong = await here.runHere({ FIN_TENSORFLOW_DIR: join(here.dir, 'own') });
    expect(wrong.outcome).toMatchObject({
      kind: 'input',
      message: expect.stringContaining('include/tensorflow/c/c_api.h'),
    });
    const gone = await here.runHere({ FIN_TENSORFLOW_DIR: join(here.dir, 'gone') });
    expect(gone.outcome).toMatchObject({ kind: 'input', message: expect.stringContaining('is not there') });
    expect(existsSync(here.cache)).toBe(false);
  });

  it('is the only way that is tried', async () => {
    const here = machine(['npm', 'python3']);
    rmSync(join(here.index, 'ziglang==1.whl'));
    here.write(tensorflowFiles('2.18.0', 'own/'));
    const { outcome } = await here.runHere({ FIN_TENSORFLOW_DIR: join(here.dir, 'own') });
    expect(outcome.attempts).toHaveLength(1);
    expect(outcome.attempts[0].reason).toContain('no C++ compiler');
  });
});

describe('names relative to the current folder', () => {
  it.each(['c', 'a/b/c', './c/'])('work for the cache: %s', async (cache) => {
    const here = machine();
    const { outcome, stderr } = await here.runHere({ FIN_CACHE_DIR: cache });
    expect(outcome, stderr).toMatchObject({ status: 'installed', cacheDir: resolve(here.dir, cache) });
    expect(existsSync(outcome.installation?.bindingPath ?? '')).toBe(true);
  });

  it.each(['t', 'a/b/t', './t/'])('work for a TensorFlow of the user: %s', async (name) => {
    const here = machine();
    here.write(tensorflowFiles('2.99.0', `${name}/`));
    const { outcome, stderr } = await here.runHere({ FIN_TENSORFLOW_DIR: name });
    expect(outcome.installation, stderr).toMatchObject({
      tensorflowVersion: '2.99.0',
      libraryDir: resolve(here.dir, name),
    });
  });
});

describe('without a program', () => {
  it('names python3', async () => {
    const { outcome } = await machine(['c++', 'npm']).runHere();
    expect(outcome.status).toBe('impossible');
    expect(outcome.attempts[0]).toMatchObject({ reason: 'there is no python3 on the PATH' });
    expect(outcome.attempts[0].fix).toContain('Install Python 3 with pip');
  });

  it('names pip', async () => {
    const { outcome } = await machine().runHere({ FAKE_NO_PIP: '1' });
    expect(outcome.attempts[0].reason).toContain('has no pip');
  });

  it('takes zig for the compiler, and keeps it', async () => {
    const here = machine(['python3', 'npm']);
    const { outcome, stderr } = await here.runHere();
    expect(outcome.status, stderr).toBe('installed');
    expect(here.calls('zig')[0].args[0]).toBe('c++');
    rmSync(join(here.cache, 'binding'), { recursive: true });
    await here.runHere();
    expect(here.calls('python3')).toHaveLength(2);
    expect(here.calls('zig')).toHaveLength(2);
  });

  it('looks for a compiler before it downloads TensorFlow', async () => {
    const here = machine(['python3', 'npm']);
    rmSync(join(here.index, 'ziglang==1.whl'));
    const { outcome } = await here.runHere();
    expect(outcome.attempts[0].reason).toMatch(/no C\+\+ compiler \(none on the PATH\).*zig/);
    expect(here.calls('python3').map((call) => call.args.at(-1))).toEqual(['ziglang==1']);
  });

  it.each(['trial', 'binding'])('takes zig where the compiler is broken: %s', async (when) => {
    const here = machine();
    const { outcome, stderr } = await here.runHere({ FAKE_BROKEN_COMPILER: when });
    expect(outcome.status, stderr).toBe('installed');
    expect(stderr).toContain('this compiler is broken');
    expect(here.calls('zig')).toHaveLength(1);
  });

  it('says so where CXX names none, and takes another', async () => {
    const { outcome, stderr } = await machine().runHere({ CXX: 'nonesuch -m64' });
    expect(outcome.status).toBe('installed');
    expect(stderr).toContain('CXX names nonesuch, which is not there');
  });

  it('refuses other content from npm', async () => {
    const here = machine();
    writeFileSync(join(here.index, 'tfjs.tgz'), 'something else');
    const { outcome } = await here.runHere();
    expect(outcome).toMatchObject({
      status: 'impossible',
      attempts: [{ reason: expect.stringContaining('sha512-') }],
    });
    expect(existsSync(join(here.cache, 'tfjs-node-gpu'))).toBe(false);
  });

  it('says that the cache cannot be written', async () => {
    const here = machine();
    here.write({ file: '' });
    const { outcome } = await here.runHere({ FIN_CACHE_DIR: join(here.dir, 'file', 'cache') });
    expect(outcome).toMatchObject({
      status: 'impossible',
      attempts: [
        {
          what: 'the cache',
          reason: expect.stringContaining('cannot be written'),
          fix: expect.stringContaining('FIN_CACHE_DIR'),
        },
      ],
    });
  });

  it('says that the disk has no room, before it downloads', async () => {
    const here = machine();
    const wheels = [{ ...here.platform.cpu.wheels[0], unpackedBytes: 1e18 }];
    const { outcome } = await here.runHere(
      {},
      { platform: { ...here.platform, cpu: { ...here.platform.cpu, wheels } } },
    );
    expect(outcome.attempts[0].reason).toMatch(/needs [\d.]+ GB of disk/);
    expect(here.calls('python3')).toEqual([]);
  });

  it('says that no wheel is known for the platform', async () => {
    const { outcome } = await machine().runHere({}, { platform: undefined });
    expect(outcome.attempts[0].reason).toContain(`none is known for ${process.platform} ${process.arch}`);
  });
});
