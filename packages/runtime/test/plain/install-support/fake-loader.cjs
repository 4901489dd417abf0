/** Preloaded into Node: takes the fake compiler's output for a binding. FAKE_HANG=load never ends loading it. */
const { appendFileSync, readFileSync } = require('node:fs');

require('node:module')._extensions['.node'] = (module, path) => {
  appendFileSync(process.env.FAKE_LOG, `load\t${process.pid}\t\t${path}\n`);
  if (process.env.FAKE_HANG === 'load') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  const { version } = JSON.parse(readFileSync(path, 'utf8'));
  if (version === 'unloadable') throw new Error('libtensorflow_cc.so.2: invalid ELF header');
  module.exports = { TF_Version: version, isUsingGpuDevice: () => false };
};
