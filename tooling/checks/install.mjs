import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { toolEnvironment } from './pack.mjs';
import { run } from './run.mjs';
import { root } from './workspace.mjs';

const FENCE = /```[a-z]*\n([\s\S]*?)```/g;
const INSTALL = /^npm install (?:--global )?(.*?)(?:\s+#.*)?$/m;

/** Install line, programs called with npx, and the imports of the first example of a package's README. */
export function readme(folder) {
  const text = readFileSync(join(root, folder, 'README.md'), 'utf8');
  const [first] = text.matchAll(FENCE);
  const line = first?.[1].match(INSTALL)?.[1];
  if (line === undefined) throw new Error(`${folder}/README.md: its first block has no line "npm install …"`);
  const example = text.match(/```ts\n([\s\S]*?)```/)?.[1] ?? '';
  const imports = [...example.matchAll(/^import (?!type\b)[\s\S]*?from '[^']+';$/gm)].map(([each]) => each);
  const programs = [...first[1].matchAll(/^npx (?:--package \S+ )?([a-z-]+)/gm)].map(
    ([, program]) => program,
  );
  return { packages: line.trim().split(/\s+/), imports, programs };
}

/** How each package manager installs package.json's dependencies, and where it wants packages to be replaced by tarballs. */
const MANAGERS = {
  npm: {
    command: ['npm', 'install', '--no-audit', '--no-fund', '--prefer-offline'],
    replace: (them) => ({ overrides: them }),
  },
  pnpm: {
    command: ['pnpm', 'install', '--ignore-workspace', '--prefer-offline', '--config.node-linker=isolated'],
    replace: (them) => ({ pnpm: { overrides: them } }),
  },
  yarn: {
    command: ['yarn', 'install', '--non-interactive', '--no-progress', '--prefer-offline'],
    // 2.7.0 of flechette depends on a package that the registry does not have; pnpm-workspace.yaml avoids it as well.
    replace: (them) => ({ resolutions: { ...them, '@uwdata/flechette': '2.6.0' } }),
  },
};

/**
 * Installs what a README says, from tarballs, in a fresh folder outside the workspace; then runs the imports of its first example.
 * Throws, with the output of the package manager or of Node, when one fails.
 */
export function tryReadme(manager, { packages, imports, programs }, tarballs) {
  const folder = mkdtempSync(join(tmpdir(), 'fin-install-'));
  try {
    const files = Object.fromEntries([...tarballs].map(([name, file]) => [name, `file:${file}`]));
    const dependencies = Object.fromEntries(
      packages.map((spec) => {
        const [, name, version] = spec.match(/^(@?[^@]+)(?:@(.+))?$/);
        return [name, files[name] ?? version ?? 'latest'];
      }),
    );
    const { command, replace } = MANAGERS[manager];
    const manifest = { name: 'reader', private: true, type: 'module', dependencies, ...replace(files) };
    writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
    const [program, ...args] = command;
    run(program, args, folder, toolEnvironment);
    writeFileSync(join(folder, 'example.js'), `${imports.join('\n')}\n`);
    run(process.execPath, ['example.js'], folder, toolEnvironment);
    for (const program of programs) {
      if (!existsSync(join(folder, 'node_modules', '.bin', program))) {
        throw new Error(`npx ${program}: ${packages.join(' ')} brings no such program with ${manager}`);
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
