// What goes over the line between a page and its Python, as Jupyter packs it: how many places, the places, then the parts.

/** @typedef {{header: any, parent_header: any, content: any, buffers: DataView[]}} Message */

export const PROTOCOL = "v1.kernel.websocket.jupyter.org";

const HEARD = new Set(["comm_open", "comm_msg", "comm_close"]); // what else is said is for others, and is not read

/** One name among all pages, also at an address where a browser gives out none. */
export const random = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** A message to Python, and its id. @type {(type: string, content: object, session: string, buffers?: ArrayBuffer[]) => {id: string, frame: ArrayBuffer}} */
export function packed(type, content, session, buffers = []) {
  const id = random();
  const header = { msg_id: id, msg_type: type, session, username: "", date: new Date().toISOString(), version: "5.3" };
  const encode = (/** @type {string} */ text) => new TextEncoder().encode(text);
  const parts = [encode("shell"), ...[header, {}, {}, content].map((each) => encode(JSON.stringify(each))), ...buffers.map((each) => new Uint8Array(each))];
  const places = [8 * (parts.length + 2)];
  for (const part of parts) places.push(places[places.length - 1] + part.byteLength);
  const all = new Uint8Array(places[parts.length]);
  const view = new DataView(all.buffer);
  [places.length, ...places].forEach((place, at) => view.setBigUint64(8 * at, BigInt(place), true));
  parts.forEach((part, at) => all.set(part, places[at]));
  return { id, frame: all.buffer };
}

/** A message from Python. @type {(frame: ArrayBuffer) => Message} */
export function unpacked(frame) {
  const view = new DataView(frame);
  const place = (/** @type {number} */ at) => Number(view.getBigUint64(8 * at, true));
  const part = (/** @type {number} */ at) => new DataView(frame, place(at), place(at + 1) - place(at));
  const read = (/** @type {number} */ at) => JSON.parse(new TextDecoder().decode(part(at)));
  const buffers = [];
  for (let at = 6; at < place(0); at += 1) buffers.push(part(at));
  const header = read(2);
  return { header, parent_header: read(3), content: HEARD.has(header.msg_type) ? read(5) : {}, buffers };
}
