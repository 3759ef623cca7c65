// What the keyboard does. Keys without a modifier act only outside of fields, and can be turned off.

import {byId, el, touched} from './dom.js';
import {pocket} from './archive.js';

const POCKET = 'single-keys';

export const KEYS = [
  ['Enter', 'Send the message'],
  ['Shift + Enter', 'Begin a new line'],
  ['Esc', 'Stop the answer, or close what is open'],
  ['↑', 'In an empty message: edit the last question'],
  ['Alt + N', 'New conversation'],
  ['/', 'Go to the message'],
  ['N', 'New conversation'],
  ['R', 'Regenerate the last answer'],
  ['V', 'Compare two answers to the last question'],
  ['C', 'Copy the last answer'],
  ['E', 'Edit the last question'],
  ['[ and ]', 'Version of the last answer before and after'],
  [',', 'Settings of the conversation'],
  ['1, 2', 'Within a comparison: left, right is better'],
  ['=, 0, S', 'Within a comparison: equally good, both are bad, skip'],
  ['?', 'This list'],
];

/** Whether a key belongs to an input method: Safari says so of the last one by its code alone. */
export const composing = event => event.isComposing || event.keyCode === 229;

/** Whether a key sends what has been written. Where there is no Shift to begin a new line with, Enter begins one. */
export const sends = event => event.key === 'Enter' && !event.shiftKey && !touched();

/** On a Mac Alt + N is how ñ begins. */
const writes = target => /Mac|iPhone|iPad/.test(navigator.platform) && target.closest('input, textarea');

const singleKeys = () => pocket.get(POCKET) !== 'off';

/** @param commands by key; `Escape` works everywhere, and `Alt+N` almost */
export function listen(commands) {
  document.addEventListener('keydown', event => {
    if (composing(event) || event.defaultPrevented) {
      return;
    }
    if (event.altKey && event.code === 'KeyN' && !event.ctrlKey && !event.metaKey && !writes(event.target)) {
      event.preventDefault();
      commands.n();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) {
      return;
    }
    if (event.key === 'Escape') {
      commands.Escape();
      return;
    }
    const command = commands[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (command && singleKeys() && !event.repeat && !event.target.closest('input, textarea, select')) {
      event.preventDefault();
      command(event.key);
    }
  });
}

export function fillHelp() {
  const box = el('input', {type: 'checkbox', id: 'single-keys', on: {change: () => pocket.set(POCKET, box.checked ? null : 'off')}});
  box.checked = singleKeys();
  byId('help-body').replaceChildren(
    el('dl', {class: 'keys'}, ...KEYS.flatMap(([key, meaning]) => [el('dt', {}, el('kbd', {}, key)), el('dd', {}, meaning)])),
    el('p', {class: 'switch'}, box, el('label', {for: 'single-keys'}, 'Keys without a modifier act outside of fields')),
    el('p', {class: 'hint'}, 'Conversations are kept in this browser alone. What you rank is published with its conversation: '
      + 'the reward model learns from it.'));
}
