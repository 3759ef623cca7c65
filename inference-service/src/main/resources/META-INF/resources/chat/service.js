// What the page asks of the service that it came from.

import {eventsOf} from './sse.js';

/** How long anything but an answer may take, in milliseconds. */
const PATIENCE = 15_000;

/** Longest silence within an answer, in milliseconds: above what a full queue makes one wait. */
const SILENCE = 600_000;

/** The service said no, or said nothing. */
export class Refusal extends Error {
  /**
   * @param message a sentence for people
   * @param detail what the service said, for those who know it
   * @param code of the service, where it gave one
   * @param param which part of the request it is about, likewise
   */
  constructor(message, detail = '', {code = '', param = ''} = {}) {
    super(message);
    this.detail = detail;
    this.code = code ?? '';
    this.param = param ?? '';
  }
}

const SENTENCES = {
  queue_full: 'Too many people are asking right now. Try again in a moment.',
  model_not_ready: 'No model has been published yet. Try again when one is.',
  model_not_found: 'This model is not served any more. Choose another.',
  model_broken: 'This model broke down. Choose another, or tell whoever runs the service.',
  context_length_exceeded: 'This conversation has become too long for the model. Begin a new one, or edit an earlier question.',
  draining: 'The service takes no more questions: it is about to be restarted. Try again in a moment.',
  stopping: 'The service is being restarted. Try again in a moment.',
  timeout: 'The answer took too long.',
  answer_not_kept: 'The service no longer remembers these answers, so they cannot be ranked. Regenerate them first.',
  log_not_reachable: 'The ranking could not be published: the event log does not answer. Try again later.',
};

function refusal(error, status) {
  const sentence = SENTENCES[error?.code]
    ?? (status >= 500 || status === undefined ? 'The service failed to answer.' : 'The service did not take the request.');
  return new Refusal(sentence, error?.message ?? (status === undefined ? '' : `HTTP ${status}`), error ?? {});
}

async function ask(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch (cause) {
    if (options.signal?.aborted && options.signal.reason?.name !== 'TimeoutError') {
      throw options.signal.reason;
    }
    throw new Refusal('The service cannot be reached.', String(cause?.message ?? cause));
  }
  if (!response.ok) {
    const body = await response.json().catch(() => ({}));
    throw refusal(body.error, response.status);
  }
  return response;
}

const json = (body, signal) => ({
  method: 'POST',
  headers: {'content-type': 'application/json'},
  body: JSON.stringify(body),
  signal,
});

/** What is served: `{id, version, stage, max_model_len}` of each. */
export async function models() {
  const response = await ask('/v1/models', {signal: AbortSignal.timeout(PATIENCE)});
  return (await response.json()).data;
}

/**
 * Draws answers.
 * @param request as `/v1/chat/completions` takes it
 * @param hear gets each choice's news: `{id, index, text, tokens, finish, model, version}`
 * @param signal stops it
 */
export async function draw(request, hear, signal) {
  const silence = new AbortController();
  let whole = false;
  let timer = setTimeout(() => silence.abort(), SILENCE);
  try {
    const response = await ask('/v1/chat/completions',
      json({...request, stream: true, logprobs: true, store: true}, AbortSignal.any([signal, silence.signal])));
    for await (const data of eventsOf(response.body)) {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE);
      if (data === '[DONE]') {
        whole = true;
        continue; // to the end of the body: leaving it unread would be hanging up
      }
      const message = JSON.parse(data);
      if (message.error) {
        throw refusal(message.error);
      }
      for (const choice of message.choices) {
        hear({
          id: message.id,
          index: choice.index,
          text: choice.delta?.content ?? '',
          tokens: choice.logprobs?.content?.length ?? 0,
          finish: choice.finish_reason ?? null,
          model: message.model,
          version: Number(message.system_fingerprint?.split('-').pop()),
        });
      }
    }
  } catch (cause) {
    if (cause instanceof Refusal || signal.aborted) {
      throw cause;
    }
    throw new Refusal(silence.signal.aborted ? 'The answer took too long.' : 'The connection broke in the middle of the answer.',
      String(cause?.message ?? cause));
  } finally {
    clearTimeout(timer);
  }
  if (!whole) {
    throw new Refusal('The answer broke off.', 'The stream ended without [DONE].');
  }
}

/**
 * Publishes an order of answers.
 * @param ranking as `/v1/feedback` takes it
 * @returns the id of the ranking
 */
export async function rank(ranking) {
  const response = await ask('/v1/feedback',
    json({...ranking, source: 'chat-page/1'}, AbortSignal.timeout(PATIENCE)));
  return (await response.json()).ranking_id;
}
