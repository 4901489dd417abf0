import { createServer } from 'node:http';
import { close, digest, listen, sendContent } from './loopback.mjs';

/** The content of a file and how the hub lists it: large files by their sha256, small ones by git's object id. */
function entryOf(path, { content, large = false }) {
  const size = content.length;
  const git = (bytes) => digest('sha1', `blob ${bytes.length}\0`, bytes);
  if (!large) return { type: 'file', path, size, oid: git(content) };
  const sha256 = digest('sha256', content);
  const pointer = Buffer.from(
    `version https://git-lfs.github.com/spec/v1\noid sha256:${sha256}\nsize ${size}\n`,
  );
  return {
    type: 'file',
    path,
    size,
    oid: git(pointer),
    lfs: { oid: sha256, size, pointerSize: pointer.length },
  };
}

/**
 * A server on loopback that behaves like the Hugging Face hub for models, with a second one, of another origin, that stores the content of
 * large files. `fault` sees each request first, and may answer it in another way.
 */
export async function startFakeHub() {
  const models = new Map();
  const requests = [];
  const hub = {
    requests,
    fault: undefined,
    token: undefined,
    addModel(name, { commit, files, refs = { main: commit } }) {
      const { commits = new Map(), refs: known = {} } = models.get(name) ?? {};
      commits.set(commit, files);
      models.set(name, { commits, refs: { ...known, ...refs } });
    },
    close: () => Promise.all([close(main), close(store)]),
  };

  const answer = (where, serve) => (request, response) => {
    const { pathname: path } = new URL(request.url, 'http://hub');
    const { authorization, range } = request.headers;
    const count = requests.filter((each) => each.where === where && each.path === path).length + 1;
    requests.push({ where, method: request.method, path, authorization, range });
    const normal = (options) => serve(request, response, path, options ?? {});
    const taken = hub.fault?.({ where, path, range, count, request, response, normal });
    if (!taken) normal();
  };

  const refuse = (response, status, code) => response.writeHead(status, { 'x-error-code': code }).end();

  const main = createServer(
    answer('hub', (request, response, path, options) => {
      const known = [...models.keys()].find(
        (name) => path.startsWith(`/api/models/${name}/`) || path.startsWith(`/${name}/`),
      );
      const allowed = hub.token === undefined || request.headers.authorization === `Bearer ${hub.token}`;
      if (known === undefined || !allowed) return refuse(response, 401, 'RepoNotFound');
      const { commits, refs } = models.get(known);
      const [kind, revision, ...rest] = path
        .slice(path.startsWith('/api/') ? `/api/models/${known}/`.length : known.length + 2)
        .split('/')
        .map(decodeURIComponent);
      const commit = refs[revision] ?? revision;
      const files = commits.get(commit);
      if (files === undefined) return refuse(response, 404, 'RevisionNotFound');
      const entries = Object.entries(files).map(([name, file]) => entryOf(name, file));
      const json = (value) =>
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));
      if (kind === 'revision') {
        const siblings = entries.map((entry) => ({ rfilename: entry.path }));
        return json({ _id: '1', id: known, sha: commit, siblings, lastModified: '2020-01-01T00:00:00.000Z' });
      }
      if (kind === 'tree') return json(entries);
      const name = rest.join('/');
      const entry = entries.find((each) => each.path === name);
      if (entry === undefined) return refuse(response, 404, 'EntryNotFound');
      const headers = { 'x-repo-commit': commit };
      if (!entry.lfs) {
        return sendContent(request, response, files[name].content, {
          ...options,
          headers: { ...headers, etag: `"${entry.oid}"` },
        });
      }
      response
        .writeHead(302, {
          ...headers,
          location: `${hub.storeUrl}/${known}/${entry.lfs.oid}?X-Amz-Signature=signed`,
          'x-linked-size': entry.size,
          'x-linked-etag': `"${entry.lfs.oid}"`,
        })
        .end();
    }),
  );
  const store = createServer(
    answer('store', (request, response, path, options) => {
      if (request.headers.authorization) return response.writeHead(400).end(); // as S3 does beside a signature
      const files = [...models.values()].flatMap(({ commits }) =>
        [...commits.values()].flatMap(Object.values),
      );
      const file = files.find(({ content }) => path.endsWith(digest('sha256', content)));
      if (file === undefined) return response.writeHead(404).end();
      sendContent(request, response, file.content, options);
    }),
  );
  hub.url = await listen(main);
  hub.storeUrl = await listen(store);
  return hub;
}
