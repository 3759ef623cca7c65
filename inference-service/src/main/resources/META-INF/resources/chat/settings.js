// System prompt and sampling of one conversation; a new one begins with those of the last.

import {byId, el} from './dom.js';
import {pocket} from './archive.js';
import {DEFAULTS} from './conversation.js';

const POCKET = 'settings';
const MODEL = 'model';

const FIELDS = [
  {name: 'system', label: 'System prompt', kind: 'text', hint: 'What the model is told before the conversation.'},
  {name: 'temperature', label: 'Temperature', min: 0, least: 0.01, max: 2, step: 0.05, slider: true,
    hint: '0 always takes the likeliest token; higher is more varied.'},
  {name: 'top_p', label: 'Top-p', min: 0.05, max: 1, step: 0.05, slider: true,
    hint: 'Draws from the likeliest tokens that together have this probability; 1 is all.'},
  {name: 'top_k', label: 'Top-k', min: 0, max: 1_000_000, step: 1, hint: 'Draws from so many likeliest tokens; 0 is all.'},
  {name: 'max_tokens', label: 'Longest answer', min: 1, max: 1_000_000, step: 1, optional: 'no limit',
    hint: 'In tokens; empty: as long as the model’s context allows.'},
  {name: 'seed', label: 'Seed', min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER, step: 1, optional: 'random',
    hint: 'The same seed and question draw the same answer; empty: another each time.'},
];

const RARE_FIELDS = [
  {name: 'min_p', label: 'Min-p', min: 0, max: 1, step: 0.01, hint: 'Draws only tokens at least this times as likely as the likeliest; 0 is all.'},
  {name: 'repetition_penalty', label: 'Repetition penalty', min: 0.1, max: 10, step: 0.05,
    hint: 'Above 1 makes tokens of the conversation and the answer less likely; 1 is off.'},
  {name: 'presence_penalty', label: 'Presence penalty', min: -2, max: 2, step: 0.1,
    hint: 'Above 0 makes tokens that the answer has less likely; 0 is off.'},
  {name: 'frequency_penalty', label: 'Frequency penalty', min: -2, max: 2, step: 0.1,
    hint: 'Likewise, for each time that the answer has them; 0 is off.'},
  {name: 'stop', label: 'Stop texts', kind: 'lines', most: 16, hint: 'The answer ends before any of them. One a line, at most 16; \\n stands for a new line.'},
];

/** Those of the last conversation. */
export function remembered() {
  try {
    return {...DEFAULTS, ...JSON.parse(pocket.get(POCKET) ?? '{}'), model: pocket.get(MODEL) ?? ''};
  } catch {
    return {...DEFAULTS}; // written by somebody else
  }
}

/** The model that somebody chose, unlike one that answers because nobody did. */
export function rememberModel(name) {
  pocket.set(MODEL, name);
}

export function remember(settings) {
  pocket.set(POCKET, JSON.stringify(settings));
}

/**
 * Shows the fields for a conversation.
 * @param changed called with the new settings, all of them valid
 */
export function showSettings(settings, changed) {
  const now = {...DEFAULTS, ...settings};
  const change = (name, value) => {
    now[name] = value;
    changed({...now});
  };
  const shown = fields => fields.map(field => KINDS[field.kind ?? 'number'](field, now[field.name], change));
  const rare = RARE_FIELDS.some(({name}) => String(now[name]) !== String(DEFAULTS[name]));
  byId('settings-fields').replaceChildren(
    ...shown(FIELDS),
    el('details', {open: rare}, el('summary', {}, 'More'), el('div', {class: 'fields'}, ...shown(RARE_FIELDS))),
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

/** Texts, one a line. */
function linesField(field, value, change) {
  const input = el('textarea', {rows: '2', on: {input: () => take()}});
  input.value = value.map(text => text.replaceAll('\n', '\\n')).join('\n');
  const wrong = wrongLine();
  const take = () => {
    const texts = input.value.split('\n').filter(text => text !== '').map(text => text.replaceAll('\\n', '\n'));
    const valid = texts.length <= field.most;
    input.setAttribute('aria-invalid', String(!valid));
    wrong.textContent = valid ? '' : `${field.label}: expected at most ${field.most}, got ${texts.length}.`;
    if (valid) {
      change(field.name, texts);
    }
  };
  const whole = labelled(field, input);
  whole.append(wrong);
  return whole;
}

const wrongLine = () => el('p', {class: 'wrong', role: 'alert'});

function numberField(field, value, change) {
  const bounds = {min: String(field.min), max: String(field.max), step: String(field.step)};
  const input = el('input', {type: 'number', inputmode: 'decimal', placeholder: field.optional ?? null,
    required: !field.optional, ...bounds});
  input.value = value ?? '';
  const slider = field.slider ? el('input', {type: 'range', 'aria-hidden': 'true', tabindex: '-1', ...bounds}) : null;
  const wrong = wrongLine();
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
    const valid = empty ? Boolean(field.optional) : !input.validity.badInput && takes(field, number);
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

const KINDS = {text: textField, lines: linesField, number: numberField};

/** Whether the service takes that number; between `min` and `least` it takes none. */
function takes({min, least = min, max, step}, number) {
  return number === min || (number >= least && number <= max && (step !== 1 || Number.isInteger(number)));
}

function range({name, min, least, max, step}) {
  const numbers = step === 1 ? 'a whole number' : 'a number';
  if (name === 'seed') {
    return numbers;
  }
  return least === undefined ? `${numbers} from ${min} to ${max}` : `${min}, or ${numbers} from ${least} to ${max}`;
}
