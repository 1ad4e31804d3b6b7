/** Holds the one state of the page. Listeners hear once per `schedule`d turn, however many actions came. */

/** Listeners may dispatch while they hear; more rounds than this are a fault of ours, not news. */
const MOST_ROUNDS = 10;

export function createStore(reduce, initial, schedule = queueMicrotask) {
  const listeners = new Set();
  let state = initial;
  let told = initial;
  let scheduled = false;

  function tell() {
    try {
      for (let round = 0; told !== state && round < MOST_ROUNDS; round += 1) {
        told = state;
        for (const listener of listeners) listener(told);
      }
    } finally {
      scheduled = false;
    }
  }

  return {
    get state() {
      return state;
    },
    dispatch(action) {
      state = reduce(state, action);
      if (scheduled || state === told) return;
      scheduled = true;
      schedule(tell);
    },
    subscribe(listener) {
      listeners.add(listener);
    },
  };
}

/** Once per frame, so that a burst of events is drawn once; in a hidden page, which has no frames,
 * a little later. */
export function perFrame(work) {
  if (document.hidden) setTimeout(work, 50);
  else {
    let done = false;
    const once = () => {
      if (!done) work();
      done = true;
    };
    requestAnimationFrame(once);
    // Hidden in between, or drawn by nobody (a window that is covered): frames may stop.
    setTimeout(once, 200);
  }
}
