// Elements are built one by one and texts are text nodes: nothing on this page is ever parsed as HTML.

const SVG = 'http://www.w3.org/2000/svg';

/**
 * An element.
 * @param attributes strings; `true` and `false` for boolean ones; `on`: listeners by event
 * @param children nodes, or strings, which become text
 */
export function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === 'on') {
      for (const [event, listener] of Object.entries(value)) {
        element.addEventListener(event, listener);
      }
    } else if (value === true) {
      element.setAttribute(key, '');
    } else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(key, value);
    }
  }
  element.append(...children.filter(child => child !== null && child !== undefined));
  return element;
}

/** A button with a picture, and its name for those who do not see it. */
export function iconButton(icon, label, act, attributes = {}) {
  return el('button', {type: 'button', class: 'icon', 'aria-label': label, title: label, 'data-act': icon, on: {click: act}, ...attributes},
    picture(icon));
}

/** Strokes on a grid of 24. */
const PICTURES = {
  plus: 'M12 5v14M5 12h14',
  menu: 'M4 7h16M4 12h16M4 17h16',
  close: 'M6 6l12 12M18 6 6 18',
  tune: 'M4 8h9M19 8h1M16 5v6M4 16h1M11 16h9M8 13v6',
  send: 'M12 19V5M6 11l6-6 6 6',
  stop: 'M7 7h10v10H7z',
  copy: 'M9 9h10v10H9zM5 15V5h10',
  done: 'M5 13l4 4L19 7',
  again: 'M19 12a7 7 0 1 1-2-5l2 2M19 4v5h-5',
  edit: 'M5 19l1-4L16 5l3 3L9 18zM14 7l3 3',
  remove: 'M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10 11v5M14 11v5',
  open: 'M12 15V4M7 9l5-5 5 5M5 20h14',
  save: 'M12 4v11M7 11l5 5 5-5M5 20h14',
  sun: 'M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8M12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.4 1.4M17.6 17.6 19 19M5 19l1.4-1.4M17.6 6.4 19 5',
  keys: 'M3 7h18v10H3zM7 11h.01M11 11h.01M15 11h.01M8 14h8',
  compare: 'M4 5h7v14H4zM13 5h7v14h-7z',
  up: 'M7 11l4-7c1.6 0 2.4 1 2 2.5L12.3 10H18c1.4 0 2.2 1.2 1.9 2.4l-1.3 5A2.2 2.2 0 0 1 16.500 19H7zM7 11H4v8h3',
  down: 'M17 13l-4 7c-1.6 0-2.4-1-2-2.5l.7-3.5H6c-1.4 0-2.2-1.2-1.9-2.4l1.3-5A2.2 2.200 0 0 1 7.500 5H17zM17 13h3V5h-3',
  before: 'M14 6l-6 6 6 6',
  after: 'M10 6l6 6-6 6',
  warn: 'M12 4 2.500 20h19zM12 10v4M12 17h.01',
};

export function picture(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  svg.setAttribute('class', 'picture');
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', PICTURES[name]);
  svg.append(path);
  return svg;
}

/** Puts these in place of what is there. What stays is never taken out, so it keeps its focus, selection and scrolling. */
export function fill(place, children) {
  [...place.childNodes].filter(child => !children.includes(child)).forEach(child => child.remove());
  children.forEach((child, at) => {
    if (place.childNodes[at] !== child) {
      place.insertBefore(child, place.childNodes[at] ?? null);
    }
  });
}

/** Draws anew; the control that had the focus has it again, if there is still one that does the same. */
export function keepingFocus(draw) {
  const {act} = document.activeElement.dataset;
  const of = document.activeElement.closest('[data-node], [data-pair], [data-conversation]');
  draw();
  if (of && document.activeElement === document.body) {
    const [[name, id]] = Object.entries(of.dataset);
    const again = document.querySelector(`[data-${name}="${id}"]`);
    (act ? again?.querySelector(`[data-act="${act}"]:enabled`) : again)?.focus({preventScroll: true});
  }
}

/** Whether fingers are what this is mostly used with. */
export const touched = () => matchMedia('(pointer: coarse)').matches;

export const byId = id => document.getElementById(id);
