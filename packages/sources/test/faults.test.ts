import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FaultyRequest } from '@fin/testkit/fake-hub';
import { startFakeHub } from '@fin/testkit/fake-hub';
import { describe, expect, it } from 'vitest';
import { findModel, ModelNotCachedError } from '../src/index.js';
import { bench, bytes, COMMIT, MODEL, TOKEN, WEIGHTS } from './tiny-model.js';

const at = bench();
const MiB = 2 ** 20;

const isWeights = ({ where }: FaultyRequest) => where === 'store';

/** Answers the weights in another way, the first `times` times. */
function spoilWeights(answer: (request: FaultyRequest) => void, times = Number.POSITIVE_INFINITY): void {
  at.hub.fault = (request) => {
    if (!isWeights(request) || request.count > times) return false;
    answer(request);
    return true;
  };
}

/** Answers every request with a status. */
function refuse(
  status: number,
  headers: Record<string, string> = {},
  times = Number.POSITIVE_INFINITY,
): void {
  at.hub.fault = ({ response, count }) => {
    if (count > times) return false;
    response.writeHead(status, headers).end(`the token ${TOKEN} was refused`);
    return true;
  };
}

const weightsOf = (dir: string) => readFileSync(join(dir, 'model.safetensors'));
const requestsOfWeights = () => at.hub.requests.filter(({ where }) => where === 'store');
const blobs = () => {
  const folder = join(at.cache, 'models--ProsusAI--finbert/blobs');
  return existsSync(folder) ? readdirSync(folder) : [];
};

/** The cache holds no model: neither a branch, nor weights under their name. */
async function expectNothingFinished(): Promise<void> {
  await expect(findModel(MODEL, { env: at.env })).rejects.toThrow(ModelNotCachedError);
  expect(blobs().filter((name) => /^[0-9a-f]{64}$/.test(name))).toEqual([]);
  expect(at.files().filter((name) => name.startsWith('.lock-'))).toEqual([]);
}

describe('a download that is cut', () => {
  it('goes on where it was', async () => {
    spoilWeights(({ normal }) => normal({ until: 2 * MiB }), 1);
    const { dir } = await at.pull();
    expect(weightsOf(dir).equals(WEIGHTS)).toBe(true);
    const [first, second] = requestsOfWeights();
    expect(first.range).toBeUndefined();
    expect(Number(second.range?.match(/bytes=(\d+)-/)?.[1])).toBeGreaterThan(MiB);
    expect(at.notes).toEqual([expect.stringMatching(/connection was cut .*; trying again in 0 s/)]);
  });

  it('goes on in a later call', async () => {
    spoilWeights(({ count, normal, response }) =>
      count === 1 ? normal({ until: 2 * MiB }) : response.destroy(),
    );
    await expect(at.pull()).rejects.toMatchObject({
      kind: 'environment',
      message: expect.stringMatching(
        /^ProsusAI\/finbert could not be fetched: .*, the last of 5 tries in a row/,
      ),
    });
    await expectNothingFinished();
    expect(blobs().filter((name) => name.endsWith('.fin.incomplete'))).toHaveLength(1);
    at.hub.requests.length = 0;
    at.hub.fault = undefined;
    expect(weightsOf((await at.pull()).dir).equals(WEIGHTS)).toBe(true);
    expect(requestsOfWeights().map(({ range }) => range)).toEqual([expect.stringMatching(/^bytes=\d{7}-$/)]);
    expect(blobs().filter((name) => name.endsWith('incomplete'))).toEqual([]);
  });

  it('is given up when each try brings only a few bytes more', async () => {
    spoilWeights(({ range, normal }) => normal({ until: Number(range?.match(/\d+/)?.[0] ?? 0) + 1000 }));
    await expect(at.pull()).rejects.toThrow('the last of 5 tries');
    expect(requestsOfWeights()).toHaveLength(5);
    await expectNothingFinished();
  });

  it('starts again at a server that sends no parts, and gives it up when it never ends', async () => {
    spoilWeights(({ request, normal, count }) => {
      delete request.headers.range;
      normal(count === 1 ? { until: 2 * MiB } : {});
    });
    expect(weightsOf((await at.pull()).dir).equals(WEIGHTS)).toBe(true);
    at.hub.addModel('a/b', {
      commit: COMMIT,
      files: {
        'config.json': { content: Buffer.from('{}') },
        'vocab.txt': { content: Buffer.from('[PAD]') },
        'model.safetensors': { content: bytes(3 * MiB, 8), large: true },
      },
    });
    spoilWeights(({ request, normal }) => {
      delete request.headers.range;
      normal({ until: 2 * MiB });
    });
    await expect(at.pull({ id: 'a/b' })).rejects.toThrow('tries in a row');
  });

  it('goes on when the connection falls silent', async () => {
    spoilWeights(({ response }) => {
      response.writeHead(200, { 'content-length': WEIGHTS.length });
      response.write(WEIGHTS.subarray(0, 2 * MiB));
    }, 1);
    expect(weightsOf((await at.pull({ idleMs: 200 })).dir).equals(WEIGHTS)).toBe(true);
    expect(at.notes).toEqual([expect.stringContaining('sent nothing for 0.2 s')]);
  });

  it('is complete when it arrives slowly', async () => {
    spoilWeights(({ response }) => {
      response.writeHead(200, { 'content-length': WEIGHTS.length });
      let sent = 0;
      const timer = setInterval(() => {
        response.write(WEIGHTS.subarray(sent, sent + MiB / 2));
        sent += MiB / 2;
        if (sent < WEIGHTS.length) return;
        clearInterval(timer);
        response.end();
      }, 60);
    }, 1);
    expect(weightsOf((await at.pull({ idleMs: 300 })).dir).equals(WEIGHTS)).toBe(true);
    expect(at.notes).toEqual([]);
  });
});

describe('a wrong content', () => {
  const wrong = bytes(WEIGHTS.length, 99);

  it('is fetched again, and given up the second time', async () => {
    spoilWeights(({ response }) => response.end(wrong), 1);
    expect(weightsOf((await at.pull()).dir).equals(WEIGHTS)).toBe(true);
    expect(at.notes).toEqual([
      expect.stringContaining('the content of model.safetensors is not what the hub lists'),
    ]);
  });

  it('never gets the name of the right one', async () => {
    spoilWeights(({ response }) => response.end(wrong));
    await expect(at.pull()).rejects.toMatchObject({
      kind: 'environment',
      message: expect.stringMatching(
        /not what the hub lists \(sha256 [0-9a-f]{64}\), 2 times: a mirror or proxy/,
      ),
    });
    expect(requestsOfWeights()).toHaveLength(2);
    await expectNothingFinished();
  });

  it('of a small file is found by its git object id', async () => {
    at.hub.fault = ({ path, response }) => {
      if (!path.endsWith('/config.json')) return false;
      response.end('{"model_type": "bart"}');
      return true;
    };
    await expect(at.pull()).rejects.toThrow(/content of config\.json .* \(git [0-9a-f]{40}\)/);
    await expectNothingFinished();
  });

  it.each([
    ['longer', Buffer.concat([WEIGHTS, wrong]), /sent more than the \d+ bytes of model\.safetensors/],
    ['shorter', WEIGHTS.subarray(0, 100), /model\.safetensors ended after 100 of \d+ bytes/],
    ['a page', Buffer.from('<html>log in</html>'), /ended after 19 of/],
  ])('that is %s is given up', async (_, content, words) => {
    spoilWeights(({ response }) => response.end(content));
    await expect(at.pull()).rejects.toThrow(words);
    await expectNothingFinished();
  });

  it('that an earlier call left is thrown away', async () => {
    spoilWeights(({ count, normal, response }) =>
      count === 1 ? normal({ until: 2 * MiB }) : response.destroy(),
    );
    await expect(at.pull()).rejects.toThrow();
    const part = blobs().find((name) => name.endsWith('.fin.incomplete'))!;
    for (const left of [wrong.subarray(0, MiB), Buffer.concat([wrong, wrong]), wrong]) {
      writeFileSync(join(at.cache, 'models--ProsusAI--finbert/blobs', part), left);
      at.hub.fault = undefined;
      const { dir } = await at.pull();
      expect(weightsOf(dir).equals(WEIGHTS)).toBe(true);
      rmSync(join(at.cache, 'models--ProsusAI--finbert/blobs', part.split('.')[0]));
    }
  });

  it.each([
    ['a range that does not exist', 416, 'bytes */7'],
    ['another range', 206, 'bytes 0-9/10'],
    ['a range without saying which', 206, ''],
  ])('is not taken from %s', async (_, status, range) => {
    spoilWeights(({ count, normal, response }) => {
      if (count === 1) normal({ until: 2 * MiB });
      else if (count === 2) {
        response.writeHead(status, range === '' ? {} : { 'content-range': range }).end('0123456789');
      } else normal();
    });
    expect(weightsOf((await at.pull()).dir).equals(WEIGHTS)).toBe(true);
    expect(requestsOfWeights().map((request) => request.range)).toEqual([
      undefined,
      expect.any(String),
      undefined,
    ]);
  });
});

describe('a server in trouble', () => {
  it.each([408, 429, 500, 502, 503, 504])('that answers %i is asked again, with waits', async (status) => {
    refuse(status, {}, 2);
    await at.pull();
    expect(at.notes[0]).toMatch(
      new RegExp(`/api/models/ProsusAI/finbert/.* answered ${status}; trying again`),
    );
    refuse(status);
    await expect(at.pull()).rejects.toMatchObject({
      kind: 'environment',
      message: expect.stringContaining(`answered ${status}, the last of 5 tries in a row`),
    });
  });

  it('is given the time that it asks for, unless that is too long', async () => {
    at.hub.fault = ({ response }) => {
      if (at.hub.requests.length > 1) return false;
      response.writeHead(429, { 'retry-after': '1' }).end();
      return true;
    };
    const start = performance.now();
    await at.pull();
    expect(performance.now() - start).toBeGreaterThan(1000);
    expect(at.notes[0]).toContain('trying again in 1 s');
    refuse(503, { 'retry-after': new Date(Date.now() + 3_600_000).toUTCString() });
    await expect(at.pull()).rejects.toThrow(/answered 503 and asks to wait 3[56]\d\d s: try again later/);
  });

  it('of which nothing is there is named', async () => {
    const gone = await startFakeHub();
    await gone.close();
    await expect(at.pull({ env: { ...at.env, HF_ENDPOINT: gone.url } })).rejects.toMatchObject({
      kind: 'environment',
      message: expect.stringMatching(/the connection was refused \(ECONNREFUSED\), the last of 5 tries/),
    });
  });

  it.each([
    ['a page', '<html>log in</html>', 'something else than JSON'],
    ['other JSON', '{"sha": "../../x"}', 'no commit'],
    ['a list', '[]', 'no commit'],
    ['null', 'null', 'something else than JSON'],
  ])('that sends %s in place of the model is named', async (_, body, words) => {
    at.hub.fault = ({ response }) => {
      response.writeHead(200).end(body);
      return true;
    };
    await expect(at.pull()).rejects.toMatchObject({
      kind: 'environment',
      message: expect.stringContaining(
        `${at.hub.url} sent ${words}, which the hub does not: check HF_ENDPOINT`,
      ),
    });
  });

  it.each([
    ['no digest', [{ type: 'file', path: 'config.json', size: 3 }], 'no size or digest of "config.json"'],
    [
      'a digest that is a path',
      [{ type: 'file', path: 'config.json', size: 3, oid: '../../../x' }],
      'no size or digest',
    ],
    ['no size', [{ type: 'file', path: 'config.json', oid: 'a'.repeat(40) }], 'no size or digest'],
    ['no entries', [null], 'something else than JSON'],
  ])('that lists files with %s is named', async (_, list, words) => {
    at.hub.fault = ({ path, response }) => {
      if (!path.includes('/tree/')) return false;
      response.writeHead(200).end(JSON.stringify(list));
      return true;
    };
    await expect(at.pull()).rejects.toThrow(words);
  });

  it('whose list of files does not end is given up', async () => {
    at.hub.fault = ({ path, request, response }) => {
      if (!path.includes('/tree/')) return false;
      response.writeHead(200, { link: `<${at.hub.url}${request.url}>; rel="next"` }).end('[]');
      return true;
    };
    await expect(at.pull()).rejects.toThrow('a list of files without an end');
  });
});

describe('a redirect', () => {
  const redirect = (to: (request: FaultyRequest) => string) => {
    at.hub.fault = (request) => {
      request.response.writeHead(302, { location: to(request) }).end();
      return true;
    };
  };

  it('in a circle is given up', async () => {
    redirect(({ path }) => path);
    await expect(at.pull()).rejects.toThrow(/redirects in a circle: 20 redirects/);
    expect(at.hub.requests).toHaveLength(21);
  });

  it.each(['file:///etc/passwd', 'data:,x', 'http://'])('to %s is not followed', async (location) => {
    redirect(() => location);
    await expect(at.pull()).rejects.toThrow('redirects to an address that is not followed');
  });

  it('of a renamed model is followed', async () => {
    at.hub.fault = ({ path, response }) => {
      if (!path.includes('old/name')) return false;
      response.writeHead(307, { location: path.replace('old/name', MODEL) }).end();
      return true;
    };
    expect(await at.pull({ id: 'old/name' })).toMatchObject({ name: 'old/name', commit: COMMIT });
  });
});

describe('a refusal', () => {
  it.each<[number, string, boolean, RegExp]>([
    [401, 'RepoNotFound', false, /there is no such model, or it is private\. .* set HF_TOKEN/],
    [401, '', true, /there is no such model, or your token may not read it/],
    [403, '', true, /your token may not read it/],
    [
      403,
      'GatedRepo',
      true,
      /is given out on request: accept its terms at http.*ProsusAI\/finbert, then set HF_TOKEN/,
    ],
    [404, 'RepoNotFound', false, /there is no model ProsusAI\/finbert at revision main on http/],
    [404, 'RevisionNotFound', false, /has no revision main: give a branch, a tag or a commit/],
  ])('with %i %s is told once, with what to do', async (status, code, hasToken, words) => {
    refuse(status, code === '' ? {} : { 'x-error-code': code });
    const env = hasToken ? { ...at.env, HF_TOKEN: TOKEN } : at.env;
    await expect(at.pull({ env })).rejects.toMatchObject({
      kind: 'input',
      message: expect.stringMatching(words),
    });
    expect(at.hub.requests).toHaveLength(1);
    expect(at.notes).toEqual([]);
  });

  it('by the store is asked again, since its links end', async () => {
    spoilWeights(({ response }) => response.writeHead(403).end(), 1);
    await at.pull();
    expect(at.notes).toEqual([expect.stringMatching(/answered 403; trying again/)]);
  });
});

describe('the token', () => {
  it('goes to the hub alone', async () => {
    at.hub.token = TOKEN;
    await expect(at.pull()).rejects.toThrow('it is private');
    at.hub.requests.length = 0;
    await at.pull({ env: { ...at.env, HF_TOKEN: TOKEN } });
    const sent = (where: string) =>
      new Set(
        at.hub.requests.filter((each) => each.where === where).map(({ authorization }) => authorization),
      );
    expect(sent('hub')).toEqual(new Set([`Bearer ${TOKEN}`]));
    expect(sent('store')).toEqual(new Set([undefined]));
  });

  it('does not follow a list of files to another server', async () => {
    at.hub.fault = ({ where, path, response }) => {
      if (where === 'hub' && !path.includes('/tree/')) return false;
      response.writeHead(200, where === 'hub' ? { link: `<${at.hub.storeUrl}/tree/2>; rel="next"` } : {});
      response.end('[]');
      return true;
    };
    await expect(at.pull({ env: { ...at.env, HF_TOKEN: TOKEN } })).rejects.toThrow('no config.json');
    const [other] = requestsOfWeights();
    expect(other).toMatchObject({ path: '/tree/2', authorization: undefined });
  });

  it('is in no message, however a pull fails', async () => {
    const env = { ...at.env, HF_TOKEN: TOKEN };
    const said: string[] = [];
    const failures: (() => void)[] = [
      ...[400, 401, 403, 404, 418, 429, 500].map((status) => () => refuse(status)),
      () => spoilWeights(({ response }) => response.destroy()),
      () => spoilWeights(({ response }) => response.end(TOKEN)),
      () => {
        at.hub.fault = ({ response }) => {
          response.writeHead(302, { location: `ftp://${TOKEN}@host/` }).end();
          return true;
        };
      },
    ];
    for (const fail of failures) {
      fail();
      const error = await at.pull({ env }).then(
        () => expect.fail('the pull succeeded'),
        (reason: Error) => reason,
      );
      for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
        said.push(cause.message, cause.stack ?? '', JSON.stringify(cause));
      }
      said.push(...at.notes);
    }
    expect(said.length).toBeGreaterThan(30);
    expect(said.filter((text) => text.includes(TOKEN) || text.includes('X-Amz-Signature'))).toEqual([]);
    const files = at.files().filter((name) => !name.endsWith('incomplete'));
    expect(files.filter((name) => name.includes(TOKEN))).toEqual([]);
  });
});

describe('a cache', () => {
  it('that cannot be written is named', async () => {
    const file = join(at.cache, 'file');
    writeFileSync(file, '');
    await expect(at.pull({ env: { ...at.env, HF_HUB_CACHE: file } })).rejects.toMatchObject({
      name: 'FileWriteError',
      kind: 'environment',
      message: expect.stringContaining('part of the path is a file'),
    });
  });
});

describe('an interruption', () => {
  it('stops at once, leaves no lock, and is continued', async () => {
    const controller = new AbortController();
    const stopped = at.pull({
      signal: controller.signal,
      onEvent: (event) => {
        if (event.kind === 'progress' && event.path === 'model.safetensors' && event.done > MiB)
          controller.abort();
      },
    });
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
    await expectNothingFinished();
    at.hub.requests.length = 0;
    await at.pull();
    expect(requestsOfWeights()[0].range).toMatch(/^bytes=\d{7}-$/);
  });

  it('stops a wait between two tries', async () => {
    refuse(503, { 'retry-after': '2' });
    const started = performance.now();
    await expect(at.pull({ signal: AbortSignal.timeout(100) })).rejects.toMatchObject({
      name: 'TimeoutError',
    });
    expect(performance.now() - started).toBeLessThan(1500);
  });
});
