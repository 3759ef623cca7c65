// The service as the page knows it, saying what a test wants said. Files and headers are the true ones.
import {createServer} from 'node:http';
import {readFile} from 'node:fs/promises';
import {extname, join, normalize} from 'node:path';

const TYPES = {'.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml'};

/** Headers of pages, as application.properties has them. */
async function headers(resources) {
  const lines = (await readFile(join(resources, 'application.properties'), 'utf8')).split('\n');
  const found = lines.map(line => line.match(/^quarkus\.http\.header\."([^"]+)"\.value=(.*)$/)).filter(Boolean);
  if (!found.some(([, name]) => name === 'Content-Security-Policy')) {
    throw new Error('application.properties: expected a Content-Security-Policy, got none');
  }
  return Object.fromEntries(found.map(([, name, value]) => [name, value]));
}

/**
 * @param script what is answered: a function of the request and the number of the choice, to `{words, pause, finish}`
 *     (pause: milliseconds between words; none after `words`: the connection breaks), or to `{status, error}`
 */
export async function start(resources, script) {
  const always = await headers(resources);
  const asked = [];
  const rankings = [];
  const fake = {asked, rankings, models: [{id: 'demo', version: 3, stage: 'ppo', max_model_len: 256}], rankingError: null,
    forgotten: new Set(), script, gone: 0};

  async function file(path, out) {
    const name = normalize(path === '/' ? '/index.html' : path);
    const place = name.startsWith('/webjars/marked/')
      ? join('node_modules/marked', name.split('/').slice(4).join('/'))
      : join(resources, 'META-INF/resources', name);
    try {
      const content = await readFile(place);
      out.writeHead(200, {...always, 'content-type': TYPES[extname(name)] ?? 'application/octet-stream'}).end(content);
    } catch {
      out.writeHead(404, always).end();
    }
  }

  const json = (out, status, body) => out.writeHead(status, {'content-type': 'application/json'}).end(JSON.stringify(body));

  async function bodyOf(request) {
    const pieces = [];
    for await (const piece of request) {
      pieces.push(piece);
    }
    return JSON.parse(Buffer.concat(pieces).toString());
  }

  async function chat(request, out) {
    asked.push(request);
    out.on('close', () => {
      fake.gone += out.writableFinished ? 0 : 1;
    });
    const n = request.n ?? 1;
    const said = Array.from({length: n}, (_, index) => fake.script(request, index));
    if (said[0].status) {
      json(out, said[0].status, {error: said[0].error});
      return;
    }
    const id = `chatcmpl-${asked.length}`;
    const send = (index, delta, finish, tokens) => out.write(`data: ${JSON.stringify({
      id, object: 'chat.completion.chunk', model: request.model, system_fingerprint: `${request.model}-3`,
      choices: [{index, delta, finish_reason: finish, logprobs: {content: Array(tokens).fill({token: 'x', logprob: -1})}}],
    })}\n\n`);
    out.writeHead(200, {'content-type': 'text/event-stream; charset=utf-8'});
    said.forEach((_, index) => send(index, {role: 'assistant', content: ''}, null, 0));
    for (let at = 0; at < Math.max(...said.map(({words}) => words.length)); at++) {
      for (const [index, {words, breaks}] of said.entries()) {
        if (out.destroyed) {
          return;
        }
        if (at < words.length) {
          send(index, {content: words[at]}, at === words.length - 1 && !breaks ? 'stop' : null, 1);
        }
      }
      await new Promise(resolve => setTimeout(resolve, said[0].pause ?? 0));
    }
    if (said[0].breaks) {
      out.destroy();
    } else {
      out.end('data: [DONE]\n\n');
    }
  }

  const server = createServer(async (request, out) => {
    const path = new URL(request.url, 'http://x').pathname;
    if (path === '/v1/models') {
      json(out, 200, {object: 'list', data: fake.models});
    } else if (path === '/v1/chat/completions') {
      await chat(await bodyOf(request), out);
    } else if (path === '/v1/feedback') {
      const ranking = await bodyOf(request);
      const lost = ranking.shown_order.findIndex(answer => fake.forgotten.has(answer));
      if (fake.rankingError) {
        json(out, fake.rankingError.status, {error: fake.rankingError.error});
      } else if (lost >= 0) {
        json(out, 404, {error: {code: 'answer_not_kept', param: `shown_order[${lost}]`, message: 'expected an answer that was drawn here lately'}});
      } else {
        rankings.push(ranking);
        json(out, 200, {object: 'feedback', prompt_id: 'p', ranking_id: `r${rankings.length}`});
      }
    } else {
      await file(path, out);
    }
  });
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  fake.url = `http://127.0.0.1:${server.address().port}/`;
  fake.close = () => {
    server.closeAllConnections();
    server.close();
  };
  return fake;
}
