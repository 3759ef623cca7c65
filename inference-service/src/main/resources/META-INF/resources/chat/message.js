// What one message looks like.

import {el, iconButton, picture} from './dom.js';
import {composing, sends} from './keys.js';
import {markdown} from './markdown.js';
import {siblings} from './conversation.js';

/** @param acts what may be done: see main.js */
export function question(conversation, node, acts) {
  return el('article', {class: 'question', 'data-node': node.id, 'aria-label': 'You'},
    el('div', {class: 'said'}, node.text),
    el('div', {class: 'actions'},
      pager(conversation, node, acts),
      iconButton('copy', 'Copy this question', event => acts.copy(node.text, event.currentTarget)),
      iconButton('edit', 'Edit and resend', () => acts.edit(node))));
}

/** A question that is being changed. */
export function editor(node, acts) {
  const input = el('textarea', {rows: '3', 'aria-label': 'Edit your question'});
  input.value = node.text;
  const send = () => input.value.trim() !== '' && acts.resend(node, input.value);
  input.addEventListener('keydown', event => {
    if (composing(event)) {
      return;
    }
    if (sends(event)) {
      event.preventDefault();
      send();
    } else if (event.key === 'Escape') {
      event.stopPropagation();
      acts.edit(null);
    }
  });
  return el('article', {class: 'question editing', 'data-node': node.id, 'aria-label': 'You'}, input,
    el('div', {class: 'actions'},
      el('button', {type: 'button', class: 'quiet', on: {click: () => acts.edit(null)}}, 'Cancel'),
      el('button', {type: 'button', class: 'primary', on: {click: send}}, 'Send')));
}

export function answer(conversation, node, acts) {
  return el('article', {class: 'answer', 'data-node': node.id, 'aria-label': 'Answer', 'aria-busy': String(node.state === 'writing')},
    body(node), failure(node, acts), footer(conversation, node, acts));
}

/** The text alone, as far as it has come. */
export function body(node) {
  const waiting = node.state === 'writing' && node.text === '';
  return el('div', {class: node.state === 'writing' ? 'said writing' : 'said'},
    waiting ? el('span', {class: 'waiting'}, 'Waiting for the first word') : markdown(node.text));
}

export function failure(node, acts) {
  if (node.state !== 'failed') {
    return null;
  }
  return el('div', {class: 'failure'}, picture('warn'),
    el('div', {}, el('p', {}, node.error.message), node.error.detail ? el('p', {class: 'detail'}, node.error.detail) : null),
    el('button', {type: 'button', class: 'quiet', 'data-act': 'retry', on: {click: () => acts.retry(node)}}, 'Try again'));
}

function footer(conversation, node, acts) {
  if (node.state === 'writing') {
    return el('p', {class: 'figures'}, figures(node));
  }
  if (node.state === 'failed') {
    return el('div', {class: 'foot'}, pager(conversation, node, acts));
  }
  const rated = thumb => ({'aria-pressed': String(node.thumb === thumb), disabled: node.state !== 'whole' || !node.answer});
  return el('div', {class: 'foot'},
    el('div', {class: 'actions'},
      pager(conversation, node, acts),
      iconButton('copy', 'Copy this answer', event => acts.copy(node.text, event.currentTarget)),
      iconButton('again', 'Regenerate: draw another answer', () => acts.regenerate(node)),
      iconButton('up', 'Good answer', () => acts.thumb(node, 'up'), rated('up')),
      iconButton('down', 'Bad answer', () => acts.thumb(node, 'down'), rated('down'))),
    el('p', {class: 'figures'}, figures(node)));
}

/** Seconds; what came sooner came in one piece, and says nothing of the model's speed. */
const MEASURABLE = 0.02;

/** Which model, how many tokens (those that say something), how fast: tokens after the first a second. */
export function figures(node) {
  const parts = [];
  if (node.model) {
    parts.push(`${node.model} · version ${node.version}`);
  }
  if (node.tokens > 0) {
    parts.push(`${node.tokens} ${node.tokens === 1 ? 'token' : 'tokens'}`);
    const seconds = (node.last - node.first) / 1000;
    if (node.tokens > 1 && seconds >= MEASURABLE) {
      parts.push(`${rounded((node.tokens - 1) / seconds)} tokens/s`);
    }
    parts.push(`first after ${duration(node.first - node.at)}`);
  }
  if (node.state === 'stopped') {
    parts.push('stopped');
  } else if (node.finish === 'length') {
    parts.push('cut off at its longest');
  }
  return parts.join('  ·  ');
}

const duration = milliseconds => (milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`);

const rounded = number => (number >= 100 ? String(Math.round(number)) : number.toPrecision(2));

function pager(conversation, node, acts) {
  const versions = siblings(conversation, node);
  if (versions.length < 2) {
    return null;
  }
  const at = versions.indexOf(node);
  const what = node.role === 'user' ? 'question' : 'answer';
  return el('span', {class: 'pager', role: 'group', 'aria-label': `Versions of this ${what}`},
    iconButton('before', `Version before`, () => acts.choose(versions[at - 1]), {disabled: at === 0}),
    el('span', {class: 'count'}, `${at + 1}/${versions.length}`),
    iconButton('after', `Version after`, () => acts.choose(versions[at + 1]), {disabled: at === versions.length - 1}));
}
