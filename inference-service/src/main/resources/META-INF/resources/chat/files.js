// Conversations leave this browser as files, and come back from them.

import {el} from './dom.js';
import {exported, imported} from './jsonl.js';

export function download(name, conversations) {
  const file = new Blob(conversations.map(conversation => `${exported(conversation)}\n`), {type: 'application/jsonl'});
  const address = URL.createObjectURL(file);
  el('a', {href: address, download: name}).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

export const fileName = title => title.replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-+|-+$/g, '').slice(0, 60) || 'conversation';

/**
 * Adds what a file holds; conversations that are here stay as they are.
 * @returns a sentence about it
 */
export async function upload(file, archive) {
  const count = {added: 0, here: 0, wrong: 0};
  for (const line of (await file.text()).split('\n').filter(text => text.trim() !== '')) {
    const conversation = read(line);
    if (conversation && !archive.get(conversation.id)) {
      await archive.put(conversation);
      count.added++;
    } else {
      count[conversation ? 'here' : 'wrong']++;
    }
  }
  return [`Imported: ${count.added}.`, count.here && `Here already: ${count.here}.`, count.wrong && `Lines without a conversation: ${count.wrong}.`]
    .filter(Boolean).join(' ');
}

function read(line) {
  try {
    return imported(line);
  } catch {
    return null; // counted
  }
}
