import {h} from './vendor/preact.mjs';
import htm from './vendor/htm.mjs';

const html = htm.bind(h);
const HEX = 'hex:';

/** What a terminal shows as it is, and nobody mistakes for something else: the same rule as that of the commands. */
const PRINTABLE = /^[^\p{Cc}\p{Cf}\p{Cn}\p{Z}]$|^[ \u00a0\u2007\u202f]$/u;

/** A key as the commands print it: text where it is printable, else hex: and its bytes. */
export const keyText = (key, keyHex) =>
  key && !key.startsWith(HEX) && [...key].every(character => PRINTABLE.test(character)) ? key : HEX + keyHex;

export const isHex = text => text.startsWith(HEX);

/** The address of a partition, of a segment of it, of a node of its tree by its level and its first segment, of a round, and of a key. Every place is a link. */
export const partitionPlace = partition => `#/partitions/${partition}`;
export const segmentPlace = (partition, segment) => `#/partitions/${partition}/segments/${segment}`;
export const treePlace = (partition, level, firstSegment) => `#/partitions/${partition}/tree/${level}/${firstSegment}`;
export const roundPlace = cut => `#/rounds/${encodeURIComponent(cut)}`;
export const keyPlace = (text, partition) =>
  partition === undefined ? `#/key/${encodeURIComponent(text)}` : `#/partitions/${partition}/key/${encodeURIComponent(text)}`;

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // written by hand
  }
}

/** The place that the address names: {partition, level, segment, key, cut}, each undefined where it names none. A node of a tree has the first segment below it. */
export function place() {
  const [, cut] = /^#\/rounds\/(.+)$/.exec(location.hash) ?? [];
  const time = cut === undefined ? NaN : Date.parse(decoded(cut));
  if (!Number.isNaN(time)) {
    return {cut: decoded(cut)};
  }
  const [, partition, level, node, segment, key] =
    /^#(?:\/partitions\/(\d+))?(?:\/tree\/(\d+)\/(\d+)|\/segments\/(\d+)|\/key\/(.+))?$/.exec(location.hash) ?? [];
  const number = digits => digits === undefined ? undefined : Number(digits);
  return partition === undefined && (segment !== undefined || level !== undefined)
    ? {}
    : {partition: number(partition), level: number(level), segment: number(node ?? segment), key: key === undefined ? undefined : decoded(key)};
}

/** The way from all partitions to a place, as links. The place itself is the last one. */
export function Crumbs({partition, segment, text}) {
  const steps = [['All partitions', '#/']];
  if (partition !== undefined) {
    steps.push([`Partition ${partition}`, partitionPlace(partition)]);
  }
  if (segment !== undefined) {
    steps.push([`Segment ${segment}`, segmentPlace(partition, segment)]);
  }
  if (text !== undefined) {
    steps.push([`Key ${text}`, keyPlace(text, partition)]);
  }
  return html`<nav aria-label="Where you are"><ol class="crumbs">${steps.map(([name, href], i) => html`
    <li><a href=${href} aria-current=${i === steps.length - 1 ? 'page' : undefined}>${name}</a></li>`)}</ol></nav>`;
}

/** A wide table that is scrolled by itself, also by keyboard. */
export function Scroll({label, children}) {
  return html`<div class="scroll" role="region" aria-label=${label} tabindex="0">${children}</div>`;
}
