// The list of conversations.

import {byId, el, fill, iconButton} from './dom.js';
import {titleOf} from './conversation.js';
import {composing} from './keys.js';

/**
 * @param renaming id of the conversation whose name is being changed, or `null`
 * @param acts `open`, `rename`, `name`, `exportOne`, `remove`
 */
export function showList(conversations, current, renaming, acts) {
  const list = byId('conversations');
  const begun = list.querySelector(`.naming[data-conversation="${renaming}"]`);
  fill(list, conversations.map(conversation => (conversation.id === renaming
    ? begun ?? nameField(conversation, acts) : entry(conversation, conversation.id === current, acts))));
  if (renaming !== null && !begun) {
    const input = list.querySelector('input');
    input?.focus();
    input?.select();
  }
}

function entry(conversation, isCurrent, acts) {
  const title = titleOf(conversation);
  return el('li', {class: isCurrent ? 'entry current' : 'entry', 'data-conversation': conversation.id},
    el('button', {type: 'button', class: 'name', 'data-act': 'open', 'aria-current': isCurrent ? 'page' : null, title,
      on: {click: () => acts.open(conversation.id)}}, title),
    el('span', {class: 'entry-actions'},
      iconButton('edit', `Rename “${title}”`, () => acts.rename(conversation.id)),
      iconButton('save', `Export “${title}” as JSONL`, () => acts.exportOne(conversation)),
      iconButton('remove', `Delete “${title}”`, () => acts.remove(conversation))));
}

function nameField(conversation, acts) {
  const input = el('input', {type: 'text', maxlength: '120', 'data-act': 'edit', 'aria-label': 'Name of the conversation'});
  input.value = titleOf(conversation);
  let finished = false;
  const finish = name => {
    if (!finished) {
      finished = true;
      acts.name(conversation, name);
    }
  };
  input.addEventListener('keydown', event => {
    if (composing(event)) {
      return;
    }
    if (event.key === 'Enter') {
      event.preventDefault();
      finish(input.value);
    } else if (event.key === 'Escape') {
      event.stopPropagation();
      finish(null);
    }
  });
  input.addEventListener('blur', () => finish(input.value));
  return el('li', {class: 'entry current naming', 'data-conversation': conversation.id}, input);
}
