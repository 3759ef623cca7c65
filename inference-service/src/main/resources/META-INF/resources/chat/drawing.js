// Answers as they are being drawn: what the service sends becomes text and figures of messages.

import {request} from './conversation.js';
import {draw, Refusal} from './service.js';

/** Milliseconds since 1970, finer than the clock on the wall. */
export const now = () => performance.timeOrigin + performance.now();

/**
 * Draws one answer to a question for each of the messages. When this returns each is whole, stopped or failed.
 * @param changed called after each piece of news, with the text that came
 */
export async function drawAnswers(conversation, question, nodes, signal, changed) {
  const began = now();
  nodes.forEach(node => {
    node.at = began;
  });
  try {
    await draw(request(conversation, question, nodes.length), piece => changed(take(nodes[piece.index], piece)), signal);
    nodes.forEach(node => {
      node.state = 'whole';
      node.last ??= now(); // of an answer without a word
    });
  } catch (error) {
    for (const node of nodes) {
      node.answer = undefined; // the service keeps whole replies only
      if (signal.aborted) {
        node.state = 'stopped';
      } else {
        node.state = 'failed';
        node.error = error instanceof Refusal
          ? {message: error.message, detail: error.detail}
          : {message: 'Something went wrong on this page.', detail: String(error)};
      }
    }
    if (!signal.aborted && !(error instanceof Refusal)) {
      console.error(error);
    }
  }
}

function take(node, piece) {
  node.text += piece.text;
  node.model = piece.model;
  node.version = piece.version;
  node.answer = `${piece.id}/${piece.index}`;
  if (piece.tokens > 0) {
    node.tokens += piece.tokens;
    node.last = now();
    node.first ??= node.last;
  }
  node.finish = piece.finish ?? node.finish;
  return piece.text;
}
