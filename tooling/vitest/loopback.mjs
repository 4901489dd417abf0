import { createHash } from 'node:crypto';

/** Digest of some parts, one after the other, in hex. */
export const digest = (algorithm, ...parts) =>
  parts.reduce((hash, part) => hash.update(part), createHash(algorithm)).digest('hex');

/** Starts a server on a free port of loopback. Returns its address. */
export const listen = (server) =>
  new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${server.address().port}`));
  });

/** Stops a server, open connections included. */
export const close = (server) =>
  new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });

/** Sends a content or the part of it that is asked for, as far as `until`, and then cuts the connection. */
export function sendContent(request, response, content, { until = content.length, headers = {} } = {}) {
  const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? '');
  const start = range ? Number(range[1]) : 0;
  const etag = { etag: `"${digest('sha256', content)}"`, 'accept-ranges': 'bytes', ...headers };
  if (range && start >= content.length) {
    return response.writeHead(416, { ...etag, 'content-range': `bytes */${content.length}` }).end();
  }
  response.writeHead(range ? 206 : 200, {
    ...etag,
    'content-length': content.length - start,
    ...(range && { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` }),
  });
  if (request.method === 'HEAD') return response.end();
  if (until >= content.length) return response.end(content.subarray(start));
  response.write(content.subarray(start, Math.max(start, until)), () =>
    setImmediate(() => response.destroy()),
  );
}
