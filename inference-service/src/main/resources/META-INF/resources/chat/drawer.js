// The list of conversations, where there is no room for it beside the thread.

import {byId, picture} from './dom.js';

const isOpen = () => document.body.dataset.sidebar === 'open';

function open() {
  document.body.dataset.sidebar = 'open';
  byId('sidebar-open').setAttribute('aria-expanded', 'true');
  document.querySelector('.stage').inert = true;
  byId('sidebar-close').focus({preventScroll: true});
}

/** @returns whether it was open */
export function closeDrawer() {
  const was = isOpen();
  delete document.body.dataset.sidebar;
  byId('sidebar-open').setAttribute('aria-expanded', 'false');
  document.querySelector('.stage').inert = false;
  if (was) {
    byId('sidebar-open').focus();
  }
  return was;
}

byId('sidebar-open').append(picture('menu'));
byId('sidebar-open').addEventListener('click', event => {
  event.stopPropagation();
  open();
});
byId('sidebar-close').append(picture('close'));
byId('sidebar-close').addEventListener('click', closeDrawer);
document.addEventListener('click', event => {
  if (isOpen() && !event.target.closest('#sidebar')) {
    closeDrawer();
  }
});
