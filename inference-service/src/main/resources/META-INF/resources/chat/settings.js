// System prompt and sampling of one conversation; a new one begins with those of the last.

import {byId, el} from './dom.js';
import {pocket} from './archive.js';
import {DEFAULTS} from './conversation.js';

const POCKET = 'settings';

const FIELDS = [
  {name: 'system', label: 'System prompt', kind: 'text', hint: 'What the model is told before the conversation.'},
  {name: 'temperature', label: 'Temperature', min: 0, max: 2, step: 0.05, slider: true,
    hint: '0 always takes the likeliest token; higher is more varied.'},
  {name: 'top_p', label: 'Top-p', min: 0.05, max: 1, step: 0.05, slider: true,
    hint: 'Draws from the likeliest tokens that together have this probability; 1 is all.'},
  {name: 'top_k', label: 'Top-k', min: 0, max: 1_000_000, step: 1, hint: 'Draws from so many likeliest tokens; 0 is all.'},
  {name: 'max_tokens', label: 'Longest answer', min: 1, max: 1_000_000, step: 1, optional: 'no limit',
    hint: 'In tokens; empty: as long as the model’s context allows.'},
  {name: 'seed', label: 'Seed', min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER, step: 1, optional: 'random',
    hint: 'The same seed and question draw the same answer; empty: another each time.'},
];

/** Those of the last conversation. */
export function remembered() {
  try {
    return {...DEFAULTS, ...JSON.parse(pocket.get(POCKET) ?? '{}'), model: ''};
  } catch {
    return {...DEFAULTS}; // written by somebody else
  }
}

export function remember(settings) {
  pocket.set(POCKET, JSON.stringify(settings));
}

/**
 * Shows the fields for a conversation.
 * @param changed called with the new settings, all of them valid
 */
export function showSettings(settings, changed) {
  const now = {...settings};
  const change = (name, value) => {
    now[name] = value;
    changed({...now});
  };
  byId('settings-fields').replaceChildren(
    ...FIELDS.map(field => (field.kind === 'text' ? textField : numberField)(field, now[field.name], change)),
    el('button', {type: 'button', class: 'quiet', on: {click: () => {
      const reset = {...DEFAULTS, model: settings.model};
      changed(reset);
      showSettings(reset, changed);
    }}}, 'Back to the defaults'));
}

function labelled(field, input, ...beside) {
  input.id = `setting-${field.name}`;
  input.setAttribute('aria-describedby', `hint-${field.name}`);
  return el('div', {class: 'setting'},
    el('label', {for: input.id}, field.label), ...beside, input, el('p', {id: `hint-${field.name}`, class: 'hint'}, field.hint));
}

function textField(field, value, change) {
  const input = el('textarea', {rows: '4', on: {input: () => change(field.name, input.value)}});
  input.value = value;
  return labelled(field, input);
}

function numberField(field, value, change) {
  const bounds = {min: String(field.min), max: String(field.max), step: String(field.step)};
  const input = el('input', {type: 'number', inputmode: 'decimal', placeholder: field.optional ?? null,
    required: !field.optional, ...bounds});
  input.value = value ?? '';
  const slider = field.slider ? el('input', {type: 'range', 'aria-hidden': 'true', tabindex: '-1', ...bounds}) : null;
  const wrong = el('p', {class: 'wrong', role: 'alert'});
  if (slider) {
    slider.value = value;
    slider.addEventListener('input', () => {
      input.value = slider.value;
      take();
    });
  }
  const take = () => {
    const empty = input.value === '' && !input.validity.badInput;
    const number = Number(input.value);
    const whole = field.step !== 1 || Number.isInteger(number);
    const valid = empty ? Boolean(field.optional) : !input.validity.badInput && number >= field.min && number <= field.max && whole;
    input.setAttribute('aria-invalid', String(!valid));
    wrong.textContent = valid ? '' : `${field.label}: expected ${range(field)}, got ${input.value || 'nothing'}.`;
    if (valid) {
      change(field.name, empty ? null : number);
      if (slider) {
        slider.value = number;
      }
    }
  };
  input.addEventListener('input', take);
  const whole = labelled(field, input, slider);
  whole.append(wrong);
  return whole;
}

function range(field) {
  const numbers = field.step === 1 ? 'a whole number' : 'a number';
  return field.name === 'seed' ? numbers : `${numbers} from ${field.min} to ${field.max}`;
}
