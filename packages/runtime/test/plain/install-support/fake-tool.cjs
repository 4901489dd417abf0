/**
 * Stands in for python3, c++, zig and npm: leaves a line in the log, then does in small what the real one does. With
 * FAKE_HANG=<name> (for python3: a download) it never ends.
 */
const {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  writeFileSync,
} = require('node:fs');
const { basename, join } = require('node:path');

const { FAKE_LOG, FAKE_INDEX, FAKE_HANG } = process.env;
const args = process.argv.slice(2);

module.exports = (name) => {
  if (args[2] === '--version') {
    if (process.env.FAKE_NO_PIP) fail('No module named pip');
    console.log('pip 99.0 from nowhere (python 3.11)');
    return;
  }
  const trial = args.includes('trial.cc');
  if (!trial)
    appendFileSync(
      FAKE_LOG,
      `${JSON.stringify({ name, args, pid: process.pid, tmp: process.env.TMPDIR })}\n`,
    );
  if (FAKE_HANG === name && !trial) {
    if (name === 'python3') writeFileSync(join(after('--dest'), 'half.whl'), 'half a wheel');
    setInterval(() => {}, 1000);
    return;
  }
  const slow = Number(process.env.FAKE_SLOW_MS ?? 0);
  setTimeout(() => tools[name](trial), trial ? 0 : slow);
};

const tools = {
  python3: () => {
    const file = join(FAKE_INDEX, `${args.at(-1)}.whl`);
    if (!existsSync(file)) fail(`ERROR: No matching distribution found for ${args.at(-1)}`);
    copyFileSync(file, join(after('--dest'), basename(file)));
  },
  'c++': (trial) => {
    if (process.env.FAKE_BROKEN_COMPILER === (trial ? 'trial' : 'binding'))
      fail('error: this compiler is broken');
    link();
  },
  zig: () => link(),
  npm: () => {
    if (args[0] === 'pack') {
      copyFileSync(join(FAKE_INDEX, 'tfjs.tgz'), join(after('--pack-destination'), 'tfjs.tgz'));
      return;
    }
    const scripts = join('node_modules', '@tensorflow', 'tfjs-node', 'scripts');
    mkdirSync(scripts, { recursive: true });
    copyFileSync(join(FAKE_INDEX, 'install.js'), join(scripts, 'install.js'));
  },
};

/** Writes as binding what the fake loader reads back: the version that the library says. */
function link() {
  const library = args.find((arg) => /libtensorflow(_cc)?[.]/.test(arg));
  const version = library ? readFileSync(library, 'utf8') : '';
  writeFileSync(after('-o'), JSON.stringify({ version }));
}

function after(flag) {
  return args[args.indexOf(flag) + 1];
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
