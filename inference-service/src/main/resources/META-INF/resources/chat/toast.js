// Short remarks that go by themselves. They stand above the question and cover nothing.

import {byId, el} from './dom.js';

/** Long enough to read and to undo, in milliseconds. */
const STAY = 10_000;

/**
 * @param text one sentence
 * @param action what may be done about it: `{label, act}`
 */
export function toast(text, action = null) {
  const note = el('div', {class: 'toast'}, el('span', {}, text));
  const leave = () => note.remove();
  if (action) {
    note.append(el('button', {type: 'button', class: 'quiet', on: {click: () => {
      leave();
      action.act();
    }}}, action.label));
  }
  const timer = setTimeout(leave, STAY);
  note.addEventListener('focusin', () => clearTimeout(timer)); // nothing goes from under a hand
  byId('toasts').replaceChildren(note);
}

/** Whatever was said is over. */
export function clearToast() {
  byId('toasts').replaceChildren();
}
