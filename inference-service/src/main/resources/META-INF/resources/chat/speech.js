// Reads answers to those who do not see them: whole sentences as they come, since single tokens would be a stammer.

import {byId, el} from './dom.js';

/** Sentences kept for a reader that is behind. */
const KEPT = 30;

let rest = '';

export function hear(text) {
  rest += text;
  const end = Math.max(rest.lastIndexOf('. '), rest.lastIndexOf('! '), rest.lastIndexOf('? '), rest.lastIndexOf('\n'));
  if (end >= 0) {
    say(rest.slice(0, end + 1));
    rest = rest.slice(end + 1);
  }
}

/** What is left when an answer has ended, and how it ended. */
export function end(remark = '') {
  say(rest);
  say(remark);
  rest = '';
}

export function say(text) {
  if (text.trim() === '') {
    return;
  }
  const log = byId('speech');
  log.append(el('p', {}, text.trim()));
  while (log.childElementCount > KEPT) {
    log.firstElementChild.remove();
  }
}
