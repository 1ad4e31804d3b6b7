/** Holds the one state of the page. Listeners hear once per turn, however many actions it brought. */
export function createStore(reduce, initial) {
  const listeners = new Set();
  let state = initial;
  let told = true;

  function tell() {
    told = true;
    for (const listener of listeners) listener(state);
  }

  return {
    get state() {
      return state;
    },
    dispatch(action) {
      const next = reduce(state, action);
      if (next === state) return;
      state = next;
      if (told) {
        told = false;
        queueMicrotask(tell);
      }
    },
    subscribe(listener) {
      listeners.add(listener);
    },
  };
}
