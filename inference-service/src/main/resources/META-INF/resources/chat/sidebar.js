// The list of conversations.

import {byId, el, iconButton} from './dom.js';
import {titleOf} from './conversation.js';

/**
 * @param renaming id of the conversation whose name is being changed, or `null`
 * @param acts `open`, `rename`, `name`, `exportOne`, `remove`
 */
export function showList(conversations, current, renaming, acts) {
  byId('conversations').replaceChildren(...conversations.map(conversation =>
    conversation.id === renaming ? nameField(conversation, acts) : entry(conversation, conversation.id === current, acts)));
  if (renaming !== null) {
    const input = byId('conversations').querySelector('input');
    input?.focus();
    input?.select();
  }
}

function entry(conversation, isCurrent, acts) {
  const title = titleOf(conversation);
  return el('li', {class: isCurrent ? 'entry current' : 'entry'},
    el('button', {type: 'button', class: 'name', 'aria-current': isCurrent ? 'page' : null, title,
      on: {click: () => acts.open(conversation.id)}}, title),
    el('span', {class: 'entry-actions'},
      iconButton('edit', `Rename “${title}”`, () => acts.rename(conversation.id)),
      iconButton('save', `Export “${title}” as JSONL`, () => acts.exportOne(conversation)),
      iconButton('remove', `Delete “${title}”`, () => acts.remove(conversation))));
}

function nameField(conversation, acts) {
  const input = el('input', {type: 'text', maxlength: '120', 'aria-label': 'Name of the conversation'});
  input.value = titleOf(conversation);
  let finished = false;
  const finish = name => {
    if (!finished) {
      finished = true;
      acts.name(conversation, name);
    }
  };
  input.addEventListener('keydown', event => {
    if (event.key === 'Enter' && !event.isComposing) {
      event.preventDefault();
      finish(input.value);
    } else if (event.key === 'Escape') {
      event.stopPropagation();
      finish(null);
    }
  });
  input.addEventListener('blur', () => finish(input.value));
  return el('li', {class: 'entry current'}, input);
}
