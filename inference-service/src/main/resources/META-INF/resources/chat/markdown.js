// Markdown as elements. marked only reads it into tokens; what is built of them is listed here, and nothing else
// can come out: raw HTML stays text, pictures become links, and links lead to the web or to a mailbox.

import {Lexer} from '/webjars/marked/17.0.1/lib/marked.esm.js';
import {el, iconButton} from './dom.js';

const ENTITIES = {amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0'};

/** What begins something within a line, and how much of it one paragraph may hold. */
const MARKS = /[*_~`[\]()<&!|\\]/g;
const MOST_MARKS = 300;
const MOST_SPACES = / {1000}/;

/** Reads within lines in time that is bounded: a model that stammers `[a](` would else stop the page for minutes. */
class BoundedLexer extends Lexer {
  inline(source, tokens = []) {
    if ((source.match(MARKS)?.length ?? 0) <= MOST_MARKS && !MOST_SPACES.test(source)) {
      return super.inline(source, tokens);
    }
    tokens.push({type: 'text', raw: source, text: source});
    return tokens;
  }
}

/** An answer can be long and nest deeply, by malice even: what does not fit on the stack is shown as it is. */
export function markdown(text) {
  const fragment = document.createDocumentFragment();
  try {
    fragment.append(...blocks(new BoundedLexer({gfm: true, breaks: true}).lex(text)));
  } catch (error) {
    if (!(error instanceof RangeError)) {
      throw error;
    }
    fragment.replaceChildren(el('pre', {}, text));
  }
  return fragment;
}

const blocks = tokens => tokens.flatMap(token => block(token));

function block(token) {
  switch (token.type) {
    case 'space':
    case 'def':
      return [];
    case 'paragraph':
      return [el('p', {}, ...inlines(token.tokens))];
    case 'heading': // the page has the first two levels
      return [el(`h${Math.min(6, token.depth + 2)}`, {}, ...inlines(token.tokens))];
    case 'code':
      return [code(token)];
    case 'blockquote':
      return [el('blockquote', {}, ...blocks(token.tokens))];
    case 'list':
      return [el(token.ordered ? 'ol' : 'ul', {start: token.ordered && token.start !== 1 ? String(token.start) : null},
        ...token.items.map(item => el('li', {}, ...blocks(item.tokens))))];
    case 'checkbox':
      return [el('input', {type: 'checkbox', disabled: true, checked: token.checked === true, 'aria-label': 'task'}), ' '];
    case 'hr':
      return [el('hr')];
    case 'table':
      return [table(token)];
    case 'text':
      return token.tokens ? inlines(token.tokens) : [plain(token.text)];
    default:
      return [plain(token.raw)];
  }
}

const inlines = tokens => (tokens ?? []).flatMap(token => inline(token));

function inline(token) {
  switch (token.type) {
    case 'text':
      return token.tokens ? inlines(token.tokens) : [plain(token.text)];
    case 'escape':
      return [plain(token.text)];
    case 'strong':
      return [el('strong', {}, ...inlines(token.tokens))];
    case 'em':
      return [el('em', {}, ...inlines(token.tokens))];
    case 'del':
      return [el('del', {}, ...inlines(token.tokens))];
    case 'codespan':
      return [el('code', {}, token.text)];
    case 'br':
      return [el('br')];
    case 'checkbox':
      return block(token);
    case 'link':
      return [link(token.href, inlines(token.tokens))];
    case 'image':
      return [link(token.href, [`[picture: ${token.text || 'without a name'}]`])];
    default:
      return [plain(token.raw)];
  }
}

/** @returns the address where it is one of the web or of a mailbox */
export function safeAddress(href) {
  try {
    const url = new URL(href);
    return ['http:', 'https:', 'mailto:'].includes(url.protocol) ? url.href : null;
  } catch {
    return null; // no address, or one that leads into this site: an answer has none to give
  }
}

function link(href, children) {
  const address = safeAddress(href);
  return address === null
    ? el('span', {}, ...children)
    : el('a', {href: address, target: '_blank', rel: 'noopener noreferrer nofollow', title: address}, ...children);
}

function code(token) {
  const language = (token.lang ?? '').split(/\s/)[0];
  const copy = iconButton('copy', 'Copy this code', event => {
    event.currentTarget.dispatchEvent(new CustomEvent('copytext', {bubbles: true, detail: token.text}));
  });
  return el('figure', {class: 'code'},
    el('figcaption', {}, el('span', {}, language || 'code'), copy),
    el('pre', {tabindex: '0', role: 'region', 'aria-label': language ? `Code, ${language}` : 'Code'},
      el('code', {}, token.text)));
}

function table(token) {
  const cell = (name, content, column) => el(name,
    {class: token.align[column] ? `align-${token.align[column]}` : null, scope: name === 'th' ? 'col' : null},
    ...inlines(content.tokens));
  return el('div', {class: 'table', tabindex: '0', role: 'region', 'aria-label': 'Table'}, el('table', {},
    el('thead', {}, el('tr', {}, ...token.header.map((head, column) => cell('th', head, column)))),
    el('tbody', {}, ...token.rows.map(row => el('tr', {}, ...row.map((data, column) => cell('td', data, column)))))));
}

/** Text, with the few entities that Markdown knows read: a text node cannot do more than be read. */
function plain(text) {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]{2,6}));/gi, (whole, decimal, hex, name) => {
    if (name) {
      return ENTITIES[name.toLowerCase()] ?? whole;
    }
    const point = decimal ? Number(decimal) : Number.parseInt(hex, 16);
    return point > 0 && point <= 0x10ffff ? String.fromCodePoint(point) : whole;
  });
}
