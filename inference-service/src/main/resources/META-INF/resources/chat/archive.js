// Where conversations are kept: in this browser, and nowhere else. All are in memory as well; there are few.

import {settle} from './conversation.js';

const STORE = 'conversations';

/** Pseudonym under which this browser ranks, and the other small things that are not conversations. */
export const pocket = {
  get(name) {
    try {
      return localStorage.getItem(name);
    } catch {
      return null; // a browser that keeps nothing: see Archive.keeps
    }
  },
  set(name, value) {
    try {
      if (value === null) {
        localStorage.removeItem(name);
      } else {
        localStorage.setItem(name, value);
      }
    } catch {
      return; // as above
    }
  },
};

const done = request => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

async function open() {
  const opening = indexedDB.open('millrace', 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE, {keyPath: 'id'});
  return done(opening);
}

export class Archive extends EventTarget {
  #database = null;
  #conversations = new Map();
  #channel = new BroadcastChannel('millrace-conversations');

  /** Whether this page is writing to a conversation: then what another tab says of it waits for the next save. */
  busy = () => false;

  /** Reads all there are. Where the browser allows no database, conversations last as long as the page. */
  static async read() {
    const archive = new Archive();
    try {
      archive.#database = await open();
      for (const conversation of await done(archive.#store('readonly').getAll())) {
        archive.#conversations.set(conversation.id, settle(conversation));
      }
    } catch (error) {
      console.warn('conversations are not kept', error);
      archive.#database = null;
    }
    archive.#channel.onmessage = event => archive.#changedElsewhere(event.data);
    return archive;
  }

  /** Whether conversations outlive the page. */
  get keeps() {
    return this.#database !== null;
  }

  /** The one that was used last comes first. */
  all() {
    return [...this.#conversations.values()].sort((a, b) => b.updated - a.updated);
  }

  get(id) {
    return this.#conversations.get(id);
  }

  async save(conversation) {
    this.#conversations.set(conversation.id, conversation);
    if (this.#database !== null) {
      await done(this.#store('readwrite').put(conversation));
      this.#channel.postMessage(conversation.id);
    }
  }

  async remove(id) {
    this.#conversations.delete(id);
    if (this.#database !== null) {
      await done(this.#store('readwrite').delete(id));
      this.#channel.postMessage(id);
    }
  }

  #store(mode) {
    return this.#database.transaction(STORE, mode).objectStore(STORE);
  }

  async #changedElsewhere(id) {
    if (this.busy(id)) {
      return;
    }
    const now = await done(this.#store('readonly').get(id));
    if (now) {
      this.#conversations.set(id, now);
    } else {
      this.#conversations.delete(id);
    }
    this.dispatchEvent(new CustomEvent('changed', {detail: id}));
  }
}
