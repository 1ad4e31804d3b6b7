/** The nonce of a message that is sent again because the server lost it, `id` being the one it had: the
 * same in every tab and on every device of its author, so that it is stored only once. */
export const nonceAfterLoss = (id) => `lost-${id}`;

/** A random UUID (version 4). `crypto.randomUUID` is missing on plain http from another host. */
export function uuid(random = globalThis.crypto) {
  const bytes = random.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join("-");
}
