// The page: what can be done, and what is shown when it has been done.

import {byId, el, picture} from './dom.js';
import {Archive, pocket} from './archive.js';
import * as chat from './conversation.js';
import {comparison, tooSoon, verdictOf} from './comparison.js';
import {drawAnswers, now} from './drawing.js';
import {fillHelp, listen} from './keys.js';
import {answer, body, editor, figures, question} from './message.js';
import {models, rank} from './service.js';
import {remember, remembered, showSettings} from './settings.js';
import {showList} from './sidebar.js';
import * as speech from './speech.js';
import {clearToast, toast} from './toast.js';

const MODELS_EVERY = 30_000;
const MODELS_WHILE_NONE = 3_000;

/** How much of an answer may be lost with the page, in milliseconds. */
const SAVE_EVERY = 2_000;

const archive = await Archive.read();
const thread = byId('thread');
const askField = byId('ask');

/** What is being drawn, by the conversation's id: `{controller, nodes}`. */
const drawings = new Map();

/** When both answers of a comparison stood, on the page's clock. */
const stood = new Map();

let served = [];
let current = archive.get(pocket.get('current')) ?? chat.begin(remembered());
let editing = null;
let renaming = null;
let pinned = true;
let rankings = Promise.resolve();

// --- what can be done ---------------------------------------------------------------------------------------------

function open(conversation) {
  current = conversation;
  editing = null;
  pinned = true;
  pocket.set('current', conversation.id);
  closeSidebar();
  show();
  askField.focus({preventScroll: true});
}

function beginNew() {
  open(Object.keys(current.nodes).length === 0 ? current : chat.begin({...remembered(), model: current.settings.model}));
}

function send(count) {
  const text = askField.value.trim();
  if (drawings.has(current.id)) {
    return;
  }
  if (text === '') {
    const last = chat.path(current).findLast(node => node.role === 'user');
    if (count === 2 && last) {
      answerTo(last, count);
    }
    return;
  }
  askField.value = '';
  skipOpenPairs();
  answerTo(chat.add(current, chat.path(current).at(-1) ?? null, {role: 'user', text}), count);
}

/** Whoever goes on without a verdict has none. */
function skipOpenPairs() {
  for (const node of chat.path(current)) {
    const pair = chat.openPair(current, node);
    if (pair) {
      chat.judge(current, pair, 'skip');
    }
  }
}

async function answerTo(asked, count = 1) {
  const conversation = current;
  if (drawings.has(conversation.id)) {
    return;
  }
  const blank = {role: 'assistant', text: '', state: 'writing', tokens: 0, system: conversation.settings.system};
  const {pair, nodes} = count === 2
    ? chat.addPair(conversation, asked, blank)
    : {pair: null, nodes: [chat.add(conversation, asked, blank)]};
  const controller = new AbortController();
  drawings.set(conversation.id, {controller, nodes});
  editing = null;
  pinned = true;
  clearToast();
  remember(conversation.settings);
  pocket.set('current', conversation.id);
  keep(conversation);
  show();
  let saved = performance.now();
  await drawAnswers(conversation, asked, nodes, controller.signal, text => {
    if (performance.now() - saved > SAVE_EVERY) {
      saved = performance.now();
      keepOn(conversation);
    }
    if (conversation === current) {
      if (count === 1) {
        speech.hear(text);
      }
      growSoon();
    }
  });
  drawings.delete(conversation.id);
  if (pair) {
    stood.set(pair.id, performance.now());
  }
  keepOn(conversation);
  if (conversation === current) {
    speech.end(nodes[0].state === 'failed' ? nodes[0].error.message : pair ? 'Both answers are there.' : '');
    show();
  } else {
    showSidebar();
  }
}

function stop() {
  drawings.get(current.id)?.controller.abort();
}

function rename(conversation, name) {
  renaming = null;
  if (name !== null) {
    conversation.title = name.trim();
    keep(conversation);
  }
  show();
}

function removeConversation(conversation) {
  drawings.get(conversation.id)?.controller.abort();
  archive.remove(conversation.id).catch(cannotKeep);
  if (conversation === current) {
    open(archive.all()[0] ?? chat.begin(remembered()));
  } else {
    show();
  }
  toast(`Deleted “${chat.titleOf(conversation)}”.`, {label: 'Undo', act: () => {
    archive.put(conversation).catch(cannotKeep);
    open(conversation);
  }});
}

function download(name, conversations) {
  const file = new Blob(conversations.map(conversation => `${chat.exported(conversation)}\n`), {type: 'application/jsonl'});
  const address = URL.createObjectURL(file);
  el('a', {href: address, download: name}).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    toast('The browser does not let this page copy; it must come by https or from this machine.');
    return;
  }
  speech.say('Copied.');
  button?.replaceChildren(picture('done'));
  setTimeout(() => button?.replaceChildren(picture('copy')), 1_500);
}

/** Thumbs at the versions of an answer order them; see rankingOfThumbs. */
function thumb(node, value) {
  const conversation = current;
  node.thumb = node.thumb === value ? undefined : value;
  keep(conversation);
  show();
  focusOn(`[data-node="${node.id}"] [aria-label="${value === 'up' ? 'Good answer' : 'Bad answer'}"]`);
  const ranking = chat.rankingOfThumbs(conversation, node);
  if (ranking) {
    publish(conversation, chat.versionsOf(node), node.last, ranking);
  } else if (node.thumb) {
    toast('Kept here. Two versions of an answer make a ranking to learn from.',
      {label: 'Regenerate', act: () => conversation === current && acts.regenerate(node)});
  }
}

function judge(pair, verdict) {
  const conversation = current;
  const nodes = pair.nodes.map(id => conversation.nodes[id]);
  if (pair.verdict !== null || drawings.has(conversation.id) || tooSoon(stood.get(pair.id) ?? -Infinity)) {
    return;
  }
  const ranked = verdict !== 'skip' && nodes.every(node => node.state === 'whole' && node.answer) && nodes[0].text !== nodes[1].text;
  chat.judge(conversation, pair, ranked ? verdict : 'skip');
  keep(conversation);
  show();
  askField.focus({preventScroll: true});
  if (ranked) {
    publish(conversation, pair.id, Math.max(...nodes.map(node => node.last)), chat.rankingOfPair(nodes, verdict));
  }
}

/** One after another, so that each supersedes the one before about the same answers. */
function publish(conversation, about, since, ranking) {
  const leadTime = Math.round(Math.max(0, now() - since));
  rankings = rankings.then(async () => {
    try {
      conversation.rankings[about] = await rank({
        rater_id: rater(), ...ranking, lead_time_ms: leadTime, supersedes: conversation.rankings[about] ?? '',
      });
      keepOn(conversation);
      toast('Thank you: published as a ranking.');
    } catch (error) {
      toast(error.message, {label: 'Try again', act: () => publish(conversation, about, since, ranking)});
    }
  });
}

function rater() {
  let id = pocket.get('rater');
  if (id === null) {
    id = chat.freshId();
    pocket.set('rater', id);
  }
  return id;
}

/** One that was deleted meanwhile stays so. */
function keepOn(conversation) {
  if (archive.get(conversation.id)) {
    keep(conversation);
  }
}

function keep(conversation) {
  archive.save(conversation).catch(cannotKeep);
}

function cannotKeep(error) {
  console.error(error);
  toast('The browser could not keep this conversation: its storage may be full.');
}

const acts = {
  copy, thumb, judge,
  open: id => open(archive.get(id)),
  rename: id => {
    renaming = id;
    showSidebar();
  },
  name: rename,
  exportOne: conversation => download(`${fileName(chat.titleOf(conversation))}.jsonl`, [conversation]),
  remove: removeConversation,
  edit: node => {
    editing = node?.id ?? null;
    show();
    const field = thread.querySelector('.editing textarea');
    (field ?? askField).focus();
    field?.setSelectionRange(field.value.length, field.value.length);
  },
  resend: (node, text) => {
    if (!drawings.has(current.id)) {
      answerTo(chat.add(current, current.nodes[node.parent] ?? null, {role: 'user', text: text.trim()}));
    }
  },
  regenerate: node => {
    if (!drawings.has(current.id)) {
      skipOpenPairs();
      answerTo(current.nodes[node.parent]);
    }
  },
  retry: node => {
    if (drawings.has(current.id)) {
      return;
    }
    const pair = chat.openPair(current, node);
    const failed = pair ? pair.nodes.map(id => current.nodes[id]) : [node];
    failed.filter(one => chat.children(current, one.id).length === 0).forEach(one => chat.remove(current, one));
    answerTo(current.nodes[node.parent], failed.length);
  },
  choose: node => {
    if (!node || drawings.has(current.id)) {
      return;
    }
    const act = document.activeElement?.dataset.act ?? 'after';
    chat.choose(current, node);
    keep(current);
    show();
    focusOn(`[data-node="${node.id}"] [data-act="${act}"]:enabled, [data-node="${node.id}"] .pager button:enabled`);
  },
};

const fileName = title => title.replace(/[^\p{L}\p{N}]+/gu, '-').replace(/^-+|-+$/g, '').slice(0, 60) || 'conversation';

const focusOn = selector => thread.querySelector(selector)?.focus();

// --- what is shown ------------------------------------------------------------------------------------------------

function show() {
  showSidebar();
  showThread();
  const drawing = drawings.has(current.id);
  const title = chat.titleOf(current);
  byId('title').textContent = title;
  document.title = Object.keys(current.nodes).length === 0 ? 'Millrace' : `${title} – Millrace`;
  byId('send').replaceChildren(picture(drawing ? 'stop' : 'send'));
  byId('send').setAttribute('aria-label', drawing ? 'Stop the answer' : 'Send');
  byId('send').title = drawing ? 'Stop (Esc)' : 'Send (Enter)';
  byId('compare').disabled = drawing;
  showModels();
  fitField();
}

function showSidebar() {
  showList(archive.all(), current.id, renaming, acts);
}

function showThread() {
  const nodes = chat.path(current);
  thread.replaceChildren(...(nodes.length === 0 ? [welcome()] : nodes.map(node => message(node))));
  if (pinned) {
    thread.scrollTop = thread.scrollHeight;
  }
  showLatest();
}

function message(node) {
  if (node.role === 'user') {
    return node.id === editing ? editor(node, acts) : question(current, node, acts);
  }
  const pair = chat.openPair(current, node);
  return pair ? comparison(pair, pair.nodes.map(id => current.nodes[id]), acts) : answer(current, node, acts);
}

function welcome() {
  return el('div', {class: 'welcome'},
    el('img', {src: '/favicon.svg', alt: '', width: '48', height: '48'}),
    el('h2', {}, 'What would you like to ask?'),
    el('p', {}, el('kbd', {}, 'Enter'), ' sends, ', el('kbd', {}, 'Shift'), ' ', el('kbd', {}, 'Enter'),
      ' begins a new line, ', el('kbd', {}, '?'), ' lists all keys.'));
}

/** New words in the answers that are being written: at most once for each picture that the screen shows, and if
    that takes long, seldom enough to leave three quarters of the time to everything else. */
let growing = false;
let restUntil = 0;
function growSoon() {
  if (!growing) {
    growing = true;
    setTimeout(() => requestAnimationFrame(grow), Math.max(0, restUntil - performance.now()));
  }
}

function grow() {
  growing = false;
  const start = performance.now();
  for (const node of drawings.get(current.id)?.nodes ?? []) {
    const place = thread.querySelector(`[data-node="${node.id}"]`);
    place?.querySelector('.said').replaceWith(body(node));
    const line = place?.querySelector('.figures');
    if (line) {
      line.textContent = figures(node);
    }
  }
  if (pinned) {
    thread.scrollTop = thread.scrollHeight;
  }
  showLatest();
  const end = performance.now();
  restUntil = end + 3 * (end - start);
}

function showLatest() {
  byId('latest').hidden = pinned;
}

function showModels() {
  const picker = byId('model');
  const names = served.map(model => model.id);
  if (current.settings.model === '' && names.length > 0) {
    current.settings.model = names[0];
  }
  const missing = current.settings.model !== '' && !names.includes(current.settings.model);
  picker.replaceChildren(
    ...(missing ? [el('option', {value: current.settings.model}, `${current.settings.model} (not served)`)] : []),
    ...served.map(model => el('option', {value: model.id}, `${model.id} · v${model.version}`)));
  picker.value = current.settings.model;
  picker.disabled = served.length === 0;
}

function notice(text) {
  const place = byId('notice');
  if (place.textContent !== text) {
    place.textContent = text;
  }
  place.hidden = text === '';
}

async function followModels() {
  let trouble = archive.keeps ? '' : 'This browser keeps nothing: conversations end with the page.';
  try {
    served = await models();
    if (served.length === 0) {
      trouble = 'No model has been published yet. This page notices when one is.';
    }
  } catch (error) {
    trouble = error.message;
  }
  notice(trouble);
  showModels();
  setTimeout(followModels, served.length === 0 || trouble !== '' ? MODELS_WHILE_NONE : MODELS_EVERY);
}

function fitField() {
  askField.style.height = 'auto';
  askField.style.height = `${askField.scrollHeight}px`;
}

function openSidebar() {
  document.body.dataset.sidebar = 'open';
  byId('sidebar-open').setAttribute('aria-expanded', 'true');
  document.querySelector('.stage').inert = true;
  byId('sidebar-close').focus();
}

/** @returns whether it was open */
function closeSidebar() {
  const was = document.body.dataset.sidebar === 'open';
  delete document.body.dataset.sidebar;
  byId('sidebar-open').setAttribute('aria-expanded', 'false');
  document.querySelector('.stage').inert = false;
  if (was) {
    byId('sidebar-open').focus();
  }
  return was;
}

function openSettings() {
  const conversation = current;
  showSettings(conversation.settings, settings => {
    conversation.settings = {...settings, model: conversation.settings.model};
    remember(conversation.settings);
    keepOn(conversation);
  });
  byId('settings').showModal();
}

function openHelp() {
  fillHelp();
  byId('help').showModal();
}

const THEMES = ['system', 'light', 'dark'];

function showTheme() {
  byId('theme').replaceChildren(picture('sun'), `Theme: ${document.documentElement.dataset.theme ?? 'system'}`);
}

function nextTheme() {
  const next = THEMES[(THEMES.indexOf(document.documentElement.dataset.theme ?? 'system') + 1) % THEMES.length];
  if (next === 'system') {
    delete document.documentElement.dataset.theme;
    pocket.set('theme', null);
  } else {
    document.documentElement.dataset.theme = next;
    pocket.set('theme', next);
  }
  showTheme();
}

// --- what starts it -----------------------------------------------------------------------------------------------

const lastOf = role => chat.path(current).findLast(node => node.role === role);

function withLastAnswer(act) {
  const node = lastOf('assistant');
  if (node && !drawings.has(current.id)) {
    act(node);
  }
}

function step(by) {
  withLastAnswer(node => {
    const versions = chat.siblings(current, node);
    acts.choose(versions[versions.indexOf(node) + by]);
  });
}

function judgeByKey(key) {
  const pair = chat.path(current).map(node => chat.openPair(current, node)).find(open => open !== null);
  if (pair) {
    judge(pair, verdictOf(key));
  }
}

function editLast() {
  const node = lastOf('user');
  if (node && !drawings.has(current.id)) {
    acts.edit(node);
  }
}

listen({
  Escape: () => closeSidebar() || stop(),
  n: beginNew,
  r: () => withLastAnswer(acts.regenerate),
  v: () => send(2),
  c: () => withLastAnswer(node => copy(node.text, null)),
  e: editLast,
  '[': () => step(-1),
  ']': () => step(1),
  ',': openSettings,
  '/': () => askField.focus(),
  '?': openHelp,
  1: judgeByKey, 2: judgeByKey, 0: judgeByKey, '=': judgeByKey, s: judgeByKey,
});

byId('new').append(picture('plus'), 'New conversation');
byId('new').addEventListener('click', beginNew);
byId('export-all').append(picture('save'), 'Export all as JSONL');
byId('export-all').addEventListener('click', () => download('conversations.jsonl', archive.all()));
byId('theme').addEventListener('click', nextTheme);
byId('help-open').append(picture('keys'), 'Keys');
byId('help-open').addEventListener('click', openHelp);
byId('sidebar-open').append(picture('menu'));
byId('sidebar-open').addEventListener('click', event => {
  event.stopPropagation();
  openSidebar();
});
byId('sidebar-close').append(picture('close'));
byId('sidebar-close').addEventListener('click', closeSidebar);
byId('settings-open').append(picture('tune'));
byId('settings-open').addEventListener('click', openSettings);
byId('compare').append(picture('compare'), 'Compare two answers');
byId('compare').addEventListener('click', () => send(2));
byId('latest').addEventListener('click', () => {
  pinned = true;
  thread.scrollTop = thread.scrollHeight;
  showLatest();
});
document.querySelectorAll('.panel-head .icon').forEach(button => button.append(picture('close')));
document.querySelectorAll('dialog').forEach(dialog => dialog.addEventListener('click', event => {
  if (event.target === dialog) { // beside the panel
    dialog.close();
  }
}));
document.addEventListener('click', event => {
  if (document.body.dataset.sidebar === 'open' && !event.target.closest('#sidebar')) {
    closeSidebar();
  }
});
byId('model').addEventListener('change', event => {
  current.settings = {...current.settings, model: event.target.value};
  keepOn(current);
});
byId('composer').addEventListener('submit', event => {
  event.preventDefault();
  if (drawings.has(current.id)) {
    stop();
  } else {
    send(1);
  }
});
askField.addEventListener('input', fitField);
askField.addEventListener('keydown', event => {
  if (event.isComposing) {
    return;
  }
  if (event.key === 'Enter' && !event.shiftKey) {
    event.preventDefault();
    send(1);
  } else if (event.key === 'ArrowUp' && askField.value === '') {
    event.preventDefault();
    editLast();
  }
});
thread.addEventListener('scroll', () => {
  pinned = thread.scrollHeight - thread.scrollTop - thread.clientHeight < 48;
  showLatest();
});
thread.addEventListener('copytext', event => copy(event.detail, event.target));
new ResizeObserver(() => {
  if (pinned) {
    thread.scrollTop = thread.scrollHeight;
  }
}).observe(thread);
archive.addEventListener('changed', ({detail: id}) => {
  if (!archive.get(id)) {
    drawings.get(id)?.controller.abort(); // deleted in another tab
  }
  if (id === current.id) {
    current = archive.get(id) ?? chat.begin(remembered());
    show();
  } else {
    showSidebar();
  }
});

const beingDrawn = () => [...drawings.keys()].map(id => archive.get(id)).filter(Boolean);
document.addEventListener('visibilitychange', () => beingDrawn().forEach(keep));
window.addEventListener('pagehide', () => archive.flush(beingDrawn()).catch(cannotKeep));

showTheme();
show();
askField.focus();
followModels();
