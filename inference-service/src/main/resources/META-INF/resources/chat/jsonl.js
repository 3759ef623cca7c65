// Conversations as lines of JSONL: what is chosen of each, in the form in which conversations are learned from.

import {add, begin, DEFAULTS, messages, path, titleOf} from './conversation.js';

export function exported(conversation) {
  return JSON.stringify({
    id: conversation.id,
    title: titleOf(conversation),
    created: new Date(conversation.created).toISOString(),
    settings: conversation.settings,
    messages: messages(conversation, path(conversation)),
  });
}

/**
 * The conversation that a line holds.
 * @throws RangeError if it holds none
 */
export function imported(line, now = Date.now()) {
  const {id, title, created, settings, messages: said} = JSON.parse(line) ?? {};
  if (!Array.isArray(said) || said.length === 0 || !said.every(isMessage)) {
    throw new RangeError('messages: expected those of system, user and assistant, with texts');
  }
  const told = said[0].role === 'system' ? 1 : 0;
  const system = told ? said[0].content : '';
  const began = Date.parse(created) || now;
  const conversation = begin({...known(settings), system}, began);
  if (/^[0-9a-f]{32}$/.test(id)) {
    conversation.id = id;
  }
  conversation.title = typeof title === 'string' ? title : '';
  let last = null;
  for (const {role, content} of said.slice(told)) {
    last = add(conversation, last,
      role === 'assistant' ? {role, text: content, state: 'whole', tokens: 0, system} : {role, text: content}, began);
  }
  return conversation;
}

const isMessage = (message, at) => typeof message?.content === 'string'
  && (['user', 'assistant'].includes(message.role) || (message.role === 'system' && at === 0));

/** Settings that this page has, as far as they are of their kind. */
function known(settings) {
  const kind = value => (!Array.isArray(value) ? typeof (value ?? 0) // what may be absent is a number
    : value.every(text => typeof text === 'string') ? 'list' : 'none');
  return Object.fromEntries(Object.entries(DEFAULTS)
    .filter(([name, value]) => settings?.[name] !== undefined && kind(settings[name]) === kind(value))
    .map(([name]) => [name, settings[name]]));
}
