// Conversations leave this browser as files.

import {el} from './dom.js';
import {exported} from './jsonl.js';

export function download(name, conversations) {
  const file = new Blob(conversations.map(conversation => `${exported(conversation)}\n`), {type: 'application/jsonl'});
  const address = URL.createObjectURL(file);
  el('a', {href: address, download: name}).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

export const fileName = title => title.replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-+|-+$/g, '').slice(0, 60) || 'conversation';
