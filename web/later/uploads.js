/** Files on their way to the server. What has begun goes on, whoever asks for it next: the tray of the
 * composer begins, and the outbox waits for the end of it. A file is {key, name, blob}. */
import { Problem, problemOf, Unreachable } from "../js/problems.js";

const AT_ONCE = 3;
/** Between two looks at how far one has come, in ms. */
const STEP_MS = 120;

export class Uploads {
  #begun = new Map(); // key -> {promise, abort}
  #waiting = [];
  #running = 0;
  #moved;

  /** `moved(key, part)`: 0 to 1 of a file is there; null where it has failed. */
  constructor(moved) {
    this.#moved = moved;
  }

  /** The id of a file once the server has it. After a failure it is sent again. */
  send(file) {
    const before = this.#begun.get(file.key);
    if (before) return before.promise;
    // Of a message that the server lost: the browser does not have it any more, either.
    if (!file.blob) return Promise.reject(new Problem(409, { code: "file_gone" }));
    const abort = new AbortController();
    const promise = this.#inTurn(() => post(file, abort.signal, (part) => this.#moved(file.key, part)));
    this.#begun.set(file.key, { promise, abort });
    promise.then(
      () => this.#moved(file.key, 1),
      () => {
        if (this.#begun.get(file.key)?.promise === promise) this.#begun.delete(file.key);
        this.#moved(file.key, null);
      },
    );
    return promise;
  }

  /** The same files, each with its id. */
  all(files) {
    return Promise.all(files.map(async (file) => ({ ...file, id: file.id ?? (await this.send(file)) })));
  }

  /** Nobody wants it any more. */
  cancel(key) {
    this.#begun.get(key)?.abort.abort();
    this.#begun.delete(key);
  }

  async #inTurn(work) {
    if (this.#running >= AT_ONCE) await new Promise((go) => this.#waiting.push(go));
    this.#running += 1;
    try {
      return await work();
    } finally {
      this.#running -= 1;
      this.#waiting.shift()?.();
    }
  }
}

async function post({ name, blob }, signal, moved) {
  return (await send("POST", `/api/files?name=${encodeURIComponent(name)}`, blob, { signal, moved })).id;
}

/** My picture; me as others see me then. */
export const putOn = (blob, moved) => send("PUT", "/api/users/me/avatar", blob, { moved });

/** A picture that somebody wears. */
export async function pictureOf(avatar) {
  const response = await fetch(`/api/avatars/${avatar}`);
  if (!response.ok) throw new Unreachable(avatar);
  return response.blob();
}

/** By XMLHttpRequest: fetch does not tell how much has been sent. */
function send(method, path, blob, { signal = null, moved }) {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(new Unreachable(path));
    const request = new XMLHttpRequest();
    let looked = 0;
    request.open(method, path);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      if (Date.now() - looked < STEP_MS) return;
      looked = Date.now();
      moved(total ? loaded / total : 0);
    });
    request.addEventListener("load", () => {
      try {
        if (request.status < 300) resolve(JSON.parse(request.responseText));
        else reject(problemOf(request.status, request.getResponseHeader("Retry-After"), request.responseText));
      } catch (error) {
        reject(error);
      }
    });
    for (const end of ["error", "abort", "timeout"]) {
      request.addEventListener(end, () => reject(new Unreachable(path)));
    }
    signal?.addEventListener("abort", () => request.abort());
    request.send(blob);
  });
}

/** Whether a failure is the file's own: the same file will be refused again. */
export const isRefused = (error) => error instanceof Problem && !error.temporary;
