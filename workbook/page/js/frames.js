// What goes over the line between a page and its Python, as Jupyter packs it: how many places, the places, then the parts.
// Where a proxy on the way lets no protocol through, it is Jupyter's older packing: one text, behind places only with files.

/** @typedef {{header: any, parent_header: any, content: any, buffers: DataView[]}} Message */

export const PROTOCOL = "v1.kernel.websocket.jupyter.org";

const HEARD = new Set(["comm_open", "comm_msg", "comm_close"]); // what else is said is for others, and is not read

/** One name among all pages, also at an address where a browser gives out none. */
export const random = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");

/**
 * A message to Python, packed for a line of this protocol, and its id.
 * @type {(protocol: string, type: string, content: object, session: string, buffers?: ArrayBuffer[]) => {id: string, frame: string | ArrayBuffer}}
 */
export function packed(protocol, type, content, session, buffers = []) {
  const id = random();
  const header = { msg_id: id, msg_type: type, session, username: "", date: new Date().toISOString(), version: "5.3" };
  const files = buffers.map((each) => new Uint8Array(each));
  if (protocol === PROTOCOL) {
    const parts = [encoded("shell"), ...[header, {}, {}, content].map((each) => encoded(JSON.stringify(each))), ...files];
    return { id, frame: together(parts, 8) };
  }
  const words = JSON.stringify({ channel: "shell", header, parent_header: {}, metadata: {}, content, buffers: [] });
  const parts = [encoded(words), ...files];
  return { id, frame: files.length ? together(parts, 4) : words };
}

const encoded = (/** @type {string} */ text) => new TextEncoder().encode(text);

/**
 * Parts behind a table of their places, in numbers of so many bytes. The older one, with four, leaves out where the
 * last part ends, and writes a number from its other end.
 * @type {(parts: Uint8Array[], bytes: 4 | 8) => ArrayBuffer}
 */
function together(parts, bytes) {
  const numbers = parts.length + (bytes === 8 ? 2 : 1);
  const places = [bytes * numbers];
  for (const part of parts) places.push(places[places.length - 1] + part.byteLength);
  const all = new Uint8Array(places[parts.length]);
  const view = new DataView(all.buffer);
  [numbers - 1, ...places.slice(0, numbers - 1)].forEach((number, at) => {
    if (bytes === 8) view.setBigUint64(8 * at, BigInt(number), true);
    else view.setUint32(4 * at, number);
  });
  parts.forEach((part, at) => all.set(part, places[at]));
  return all.buffer;
}

/** A message from Python, as it came over a line of this protocol. @type {(protocol: string, frame: string | ArrayBuffer) => Message} */
export function unpacked(protocol, frame) {
  if (typeof frame === "string") return told(JSON.parse(frame), []);
  const parts = apart(frame, protocol === PROTOCOL ? 8 : 4);
  const read = (/** @type {number} */ at) => JSON.parse(new TextDecoder().decode(parts[at]));
  if (protocol !== PROTOCOL) return told(read(0), parts.slice(1));
  const header = read(1);
  return { header, parent_header: read(2), content: HEARD.has(header.msg_type) ? read(4) : {}, buffers: parts.slice(5) };
}

/** @type {(message: Message, buffers: DataView[]) => Message} */
const told = ({ header, parent_header, content }, buffers) =>
  ({ header, parent_header, content: HEARD.has(header.msg_type) ? content : {}, buffers });

/** The parts behind a table of their places. @type {(frame: ArrayBuffer, bytes: 4 | 8) => DataView[]} */
function apart(frame, bytes) {
  const view = new DataView(frame);
  const number = (/** @type {number} */ at) => (bytes === 8 ? Number(view.getBigUint64(8 * at, true)) : view.getUint32(4 * at));
  const places = Array.from({ length: number(0) }, (_, at) => number(at + 1));
  if (bytes === 4) places.push(frame.byteLength);
  return places.slice(1).map((end, at) => new DataView(frame, places[at], end - places[at]));
}
