import { createServer } from 'node:http';
import { close, listen, sendContent } from './loopback.mjs';

/**
 * A source of data on loopback, with a second server of another origin, such as the store that the first one redirects to. `answer` and
 * `answerElsewhere` say what they send; `fault` sees each request first, and may answer it in another way.
 */
export async function startFakeSource() {
  const requests = [];
  const source = {
    requests,
    fault: undefined,
    answer: ({ response }) => response.writeHead(404).end(),
    answerElsewhere: ({ response }) => response.writeHead(404).end(),
    close: () => Promise.all([close(main), close(other)]),
  };
  const serve = (where, answer) => (request, response) => {
    const { pathname: path, searchParams } = new URL(request.url, 'http://source');
    const count = requests.filter((each) => each.where === where && each.path === path).length + 1;
    const query = Object.fromEntries(searchParams);
    requests.push({ where, path, query, headers: request.headers });
    const send = (content, options = {}) =>
      sendContent(request, response, typeof content === 'string' ? Buffer.from(content) : content, options);
    const asked = { where, path, query, count, request, response, send };
    if (!source.fault?.(asked)) answer()(asked);
  };
  const main = createServer(serve('source', () => source.answer));
  const other = createServer(serve('elsewhere', () => source.answerElsewhere));
  source.url = await listen(main);
  source.elsewhere = await listen(other);
  return source;
}
