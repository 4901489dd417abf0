import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Environment } from '../src/http/endpoint.js';
import { hubSettings, readToken, tokenFile } from '../src/hub/hub-settings.js';
import { parseModelId } from '../src/index.js';
import { bench } from './tiny-model.js';

interface Fixture {
  readonly home: string;
  readonly environments: readonly {
    readonly env: Environment;
    readonly cacheDir: string;
    readonly tokenPath: string;
    readonly endpoint: string;
    readonly offline: boolean;
  }[];
  readonly tokens: readonly { readonly env: Environment; readonly token: string | null }[];
  readonly ids: Readonly<Record<string, boolean>>;
  readonly commit: string;
  readonly files: Readonly<Record<string, { readonly text: string; readonly large: boolean }>>;
  readonly layout: readonly { readonly path: string; readonly link?: string; readonly text?: string }[];
}

const fixture = JSON.parse(
  readFileSync(new URL('./fixtures/hub-cache.json', import.meta.url), 'utf8'),
) as Fixture;

const at = bench();

describe('as huggingface_hub', () => {
  it.each(fixture.environments.map((row) => [JSON.stringify(row.env), row] as const))(
    'the environment %s names cache, endpoint and token file',
    (_, { env: given, cacheDir, tokenPath, endpoint, offline }) => {
      const env = { HOME: fixture.home, ...given };
      expect(hubSettings(env)).toEqual({ cacheDir, endpoint, offline });
      expect(tokenFile(env)).toBe(tokenPath);
    },
  );

  it.each(fixture.tokens.map(({ env, token }) => [JSON.stringify(env), env, token] as const))(
    'the token of %s is found',
    (_, { FILE: content, ...env }, token) => {
      const home = mkdtempSync(join(tmpdir(), 'fin-token-'));
      try {
        if (content !== undefined) writeFileSync(join(home, 'token'), content);
        expect(readToken({ ...env, HF_HOME: home })).toBe(token);
      } finally {
        rmSync(home, { recursive: true });
      }
    },
  );

  it.each(Object.entries(fixture.ids))('the name "%s" is one of a model: %s', (name, valid) => {
    expect(parseModelId(name) !== null).toBe(valid);
  });

  it('a model lies in the same files and links', async () => {
    const files = Object.entries(fixture.files).map(([name, { text, large }]) => [
      name,
      { content: Buffer.from(text), large },
    ]);
    // The tokenizer is needed here, while the layout that Python wrote has none.
    const vocabulary = { 'vocab.txt': { content: Buffer.from('[PAD]') } };
    at.hub.addModel('org/model', {
      commit: fixture.commit,
      files: { ...Object.fromEntries(files), ...vocabulary },
    });
    await at.pull({ id: 'org/model' });
    for (const { path, link, text } of fixture.layout) {
      const file = join(at.cache, path);
      if (link === undefined) expect([path, readFileSync(file, 'utf8')]).toEqual([path, text]);
      else expect([path, readlinkSync(file)]).toEqual([path, link]);
    }
    const found = readdirSync(join(at.cache, 'models--org--model'), { recursive: true }) as string[];
    const contents = found.filter((path) => statSync(join(at.cache, 'models--org--model', path)).isFile());
    expect(contents).toHaveLength(fixture.layout.length + 2);
  });
});

describe('settings', () => {
  it.each([
    ['an empty variable counts as unset', { HF_HUB_CACHE: '', HF_HOME: '', XDG_CACHE_HOME: '' }],
    ['none is needed', {}],
  ])('%s', (_, env) => {
    expect(hubSettings({ HOME: '/home/student', ...env }).cacheDir).toBe(
      '/home/student/.cache/huggingface/hub',
    );
  });

  it.each(['huggingface.co', 'ftp://huggingface.co', 'https://'])(
    'refuses the endpoint %s',
    (HF_ENDPOINT) => {
      expect(() => hubSettings({ HF_ENDPOINT })).toThrow('HF_ENDPOINT is not an address');
    },
  );

  it('shows neither password nor token in a message', () => {
    const secret = 'geheim';
    for (const act of [
      () => hubSettings({ HF_ENDPOINT: `https://me:${secret}@mirror.example` }),
      () => hubSettings({ HF_ENDPOINT: secret }),
      () => readToken({ HF_TOKEN: `hf ${secret}` }),
      () => readToken({ HF_TOKEN: `hf_${secret}\nx` }),
      () => readToken({ HF_TOKEN: `hf_${secret}é` }),
    ]) {
      expect(act).toThrow(
        expect.objectContaining({ kind: 'input', message: expect.not.stringContaining(secret) }),
      );
    }
  });

  it('sends no token with HF_HUB_DISABLE_IMPLICIT_TOKEN', () => {
    expect(readToken({ HF_TOKEN: 'hf_a', HF_HUB_DISABLE_IMPLICIT_TOKEN: '1' })).toBeNull();
  });
});
