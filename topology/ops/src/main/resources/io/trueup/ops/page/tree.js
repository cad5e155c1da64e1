import {h} from './vendor/preact.mjs';
import {useEffect, useRef, useState} from './vendor/hooks.mjs';
import htm from './vendor/htm.mjs';
import {get} from './feed.js';
import {Scroll, keyPlace, keyText, segmentPlace, treePlace} from './places.js';
import {stateOf} from './states.js';
import {number, time} from './text.js';

const html = htm.bind(h);
const HOLDS = {VALUE: 'a value', DELETED: 'a delete', NOTHING: 'nothing', UNREAD: 'what cannot be read'};

const segments = node => node.firstSegment === node.lastSegment
  ? `segment ${number(node.firstSegment)}`
  : `segments ${number(node.firstSegment)} to ${number(node.lastSegment)}`;

/** What is known of a node, in words. */
function words(node) {
  const groups = node.groups.length > 1 ? `; ${node.groups.map(group => group.join(' and ')).join(' against ')}` : '';
  if (node.state !== 'DIFFERENT') {
    return `${segments(node)}: ${stateOf(node.state).words}${groups}`;
  }
  if (node.firstSegment === node.lastSegment) {
    return `${segments(node)}: different${groups}`;
  }
  const below = [
    node.differing > 0 && `${number(node.differing)} segments differ`,
    node.unresolved > 0 && `the replicas have not shown which of ${number(node.unresolved)} differ`,
  ].filter(Boolean).join(', and ');
  return `${segments(node)}: ${below}${groups}`;
}

/** The nodes of one level below one node. The arrow keys go along it, and to the strips above and below. */
function Strip({strip, row, chosen, leaf, at, setAt, onOpen}) {
  const isLeaf = strip.level === leaf;
  const first = strip.nodes[0];
  const last = strip.nodes.at(-1);
  return html`<div class="strip" role="group" aria-label=${`Level ${strip.level} of ${leaf}${isLeaf ? ', the segments' : ''}: ${segments({firstSegment: first.firstSegment, lastSegment: last.lastSegment})}`}>
    <span class="level" aria-hidden="true">${isLeaf ? 'segments' : `level ${strip.level}`}</span>
    ${strip.nodes.map((node, column) => {
      const state = stateOf(node.state);
      const text = words(node);
      const count = isLeaf ? node.index : node.differing + node.unresolved;
      return html`<button class=${`node ${state.style}`} data-at=${`${row},${column}`} title=${text} aria-label=${text}
        aria-current=${chosen === node.index ? 'true' : undefined} tabindex=${at[0] === row && at[1] === column ? 0 : -1}
        onFocus=${() => setAt([row, column])} onClick=${() => onOpen(node, strip)}>
        <span class="cell">${state.glyph}</span><span class="count">${isLeaf || count > 0 ? number(count) : ''}</span></button>`;
    })}
  </div>`;
}

/** The node of a strip that lies on the way to a segment; undefined where the way ends above it. */
const onTheWay = (strip, next, segment, isEnd) => next
  ? next.parent
  : isEnd ? strip.nodes.find(node => node.firstSegment === segment && node.lastSegment === segment)?.index : undefined;

function Strips({tree, partition, segment, isSegment}) {
  const box = useRef(null);
  const descend = useRef(false);
  const leaf = Math.log2(tree.segments);
  const worst = strip => Math.max(0, strip.nodes.findIndex(node => node.state === 'DIFFERENT'));
  const lastRow = tree.strips.length - 1;
  const [at, setAt] = useState([0, worst(tree.strips[0])]);
  const focus = (row, column) => box.current.querySelector(`[data-at="${row},${column}"]`)?.focus();
  useEffect(() => { // the keyboard goes on where the tree was opened
    if (descend.current) {
      descend.current = false;
      focus(lastRow, worst(tree.strips[lastRow]));
    }
  }, [tree]);
  if (at[0] > lastRow || at[1] >= tree.strips[at[0]].nodes.length) {
    setAt([lastRow, 0]);
  }
  function open(node, strip) {
    descend.current = strip.level < leaf;
    location.hash = strip.level < leaf ? treePlace(partition, strip.level, node.firstSegment) : segmentPlace(partition, node.index);
  }
  function move(event) {
    const steps = {ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], Home: [0, -at[1]], End: [0, tree.segments]};
    const step = steps[event.key];
    if (step) {
      event.preventDefault();
      const row = Math.min(lastRow, Math.max(0, at[0] + step[0]));
      focus(row, Math.min(tree.strips[row].nodes.length - 1, Math.max(0, at[1] + step[1])));
    }
  }
  return html`<div ref=${box} class="strips" onKeyDown=${move}>${tree.strips.map((strip, row) => html`<${Strip} strip=${strip} row=${row} leaf=${leaf}
    chosen=${onTheWay(strip, tree.strips[row + 1], segment, isSegment)} at=${at} setAt=${setAt} onOpen=${open}/>`)}</div>`;
}

function Summary({tree}) {
  if (tree.cut === null) {
    return html`<p>No message of a round was read: the control topics keep them for a time only.</p>`;
  }
  const {root} = tree;
  return html`<p>At the cut ${html`<time datetime=${tree.cut} title=${tree.cut}>${time(Date.parse(tree.cut))}</time>`}, ${tree.replicas.join(', ') || 'no replica'} took part.
    ${root.state === 'EQUAL' && ' Their trees were equal.'}
    ${root.state === 'UNKNOWN' && ' Their trees were not compared as a whole.'}
    ${root.differing > 0 && ` ${number(root.differing)} of ${number(tree.segments)} segments are known to differ.`}
    ${root.unresolved > 0 && ` Of ${number(root.unresolved)} segments it is known only that some of them differ: a replica holds nothing there, or has sent nothing deeper.`}
    ${tree.sketched && ' They have compared sketches, which name the keys that differ: of other segments nothing was exchanged.'}
    ${tree.partial && ' Older messages were not read.'}</p>`;
}

/** The keys of the segment of which the replicas have sent different entries. */
function Keys({tree, partition}) {
  const {keys, differing} = tree.segment;
  if (keys.length === 0) {
    return html`<p>The replicas have sent no entries of this segment that differ: each round compares only so many segments.</p>`;
  }
  const unnamed = keys.filter(key => key.key === null).length;
  return html`<h3>What the replicas held of the keys that differ</h3>
    ${keys.length < differing && html`<p>${number(keys.length)} of ${number(differing)} keys are listed.</p>`}
    ${unnamed > 0 && html`<p>${number(unnamed)} keys are known by their hashes alone: no record that was read names them.</p>`}
    <${Scroll} label="What the replicas held of the keys that differ"><table class="plain">
      <thead><tr><th scope="col">key</th>${tree.replicas.map(replica => html`<th scope="col">${replica}</th>`)}</tr></thead>
      <tbody>${keys.map(key => html`<tr><td class="key">${key.keyHex === null ? `hash ${key.keyHash}`
        : html`<a href=${keyPlace(keyText(key.key, key.keyHex), partition)}>${keyText(key.key, key.keyHex)}</a>`}</td>
        ${tree.replicas.map(replica => html`<td>${held(key.replicas.find(one => one.replica === replica))}</td>`)}</tr>`)}</tbody>
    </table></${Scroll}>`;
}

function held(one) {
  if (!one) {
    return 'not sent';
  }
  return one.version === null ? HOLDS[one.holds] ?? one.holds : `${HOLDS[one.holds] ?? one.holds}, version ${one.version}`;
}

/**
 * The tree of a partition as strips of levels, from the root down to a node or a segment; read when it is opened, and on demand.
 *
 * @param level the level of the node that is open; undefined for the root, or if a segment is
 * @param segment the segment that is open, or the first one below the node
 */
export function Tree({partition, level, segment}) {
  const [read, setRead] = useState({});
  const [again, setAgain] = useState(0);
  const isSegment = segment !== undefined && level === undefined;
  const way = (segment === undefined ? '' : `&segment=${segment}`) + (level === undefined ? '' : `&level=${level}`);
  useEffect(() => {
    let ended = false;
    setRead(last => ({tree: last.of === partition ? last.tree : undefined, of: partition, reading: true}));
    get(`api/v1/tree?partition=${partition}${way}`)
      .then(tree => ended || setRead({tree, way, of: partition}),
        e => ended || setRead(last => ({...last, reading: false, failure: e.name === 'TimeoutError' ? 'No answer.' : e.message || 'No answer.'})));
    return () => { ended = true; };
  }, [partition, way, again]);
  const {tree, reading, failure} = read.of === partition ? read : {reading: true};
  return html`<h3 id="tree">Tree</h3>
    <div class="tools"><button disabled=${reading} onClick=${() => setAgain(again + 1)}>Read the tree again</button>
      <span role="status">${reading ? 'Reading what the replicas have exchanged …' : ''}</span></div>
    ${failure && html`<p class="lost" role="alert">The tree could not be read. ${failure}</p>`}
    ${tree && html`<${Summary} tree=${tree}/>${tree.cut !== null && tree.segments > 1 && html`<${Strips} tree=${tree} partition=${partition} segment=${segment} isSegment=${isSegment}/>`}
      ${isSegment && tree.segment && html`<${Keys} tree=${tree} partition=${partition}/>`}`}`;
}
