// The choice of a model, and a notice where there is none.

import {byId, el} from './dom.js';
import {models} from './service.js';

const EVERY = 30_000;
const WHILE_TROUBLED = 3_000;

let served = [];

/** The model of a conversation; that of a new one is the service's own unless somebody chose. */
export function showModels(conversation) {
  const picker = byId('model');
  const names = served.map(model => model.id);
  const isNew = Object.keys(conversation.nodes).length === 0;
  const {model} = conversation.settings;
  if (names.length > 0 && (model === '' || (isNew && !names.includes(model)))) {
    conversation.settings.model = names[0];
  }
  const missing = conversation.settings.model !== '' && !names.includes(conversation.settings.model);
  picker.replaceChildren(
    ...(missing ? [el('option', {value: conversation.settings.model}, `${conversation.settings.model} (not served)`)] : []),
    ...served.map(({id, version}) => el('option', {value: id}, `${id} · v${version}`)));
  picker.value = conversation.settings.model;
  picker.disabled = served.length === 0;
}

/**
 * Asks what is served, again and again.
 * @param remark shown while there is no trouble
 * @param changed called after each answer
 */
export async function followModels(remark, changed) {
  let trouble = remark;
  try {
    served = await models();
    if (served.length === 0) {
      trouble = 'No model has been published yet. This page notices when one is.';
    }
  } catch (error) {
    trouble = error.message;
  }
  notice(trouble);
  changed();
  setTimeout(() => followModels(remark, changed), served.length === 0 || trouble !== '' ? WHILE_TROUBLED : EVERY);
}

function notice(text) {
  const place = byId('notice');
  if (place.textContent !== text) {
    place.textContent = text;
  }
  place.hidden = text === '';
}
