// Light, dark, or as the system is. What was chosen last is put in place by theme.js.

import {pocket} from './archive.js';
import {byId, picture} from './dom.js';

const THEMES = ['system', 'light', 'dark'];

const chosen = () => document.documentElement.dataset.theme ?? 'system';

function show() {
  byId('theme').replaceChildren(picture('sun'), `Theme: ${chosen()}`);
}

byId('theme').addEventListener('click', () => {
  const next = THEMES[(THEMES.indexOf(chosen()) + 1) % THEMES.length];
  if (next === 'system') {
    delete document.documentElement.dataset.theme;
    pocket.set('theme', null);
  } else {
    document.documentElement.dataset.theme = next;
    pocket.set('theme', next);
  }
  show();
});
show();
