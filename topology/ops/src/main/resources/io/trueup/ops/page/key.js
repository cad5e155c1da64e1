import {h} from './vendor/preact.mjs';
import {useEffect, useRef, useState} from './vendor/hooks.mjs';
import htm from './vendor/htm.mjs';
import {ActionButton, probe} from './actions.js';
import {get} from './feed.js';
import {Crumbs, Scroll, isHex} from './places.js';
import {stateOf} from './states.js';
import {number, time} from './text.js';

const html = htm.bind(h);

/** The states of a key: class and glyph of the state of a replica that means the same, and words of their own. */
const KEY_STATES = {
  CONFLICT: {like: 'NEEDS_PERSON', words: 'a person must choose'},
  FAILING: {like: 'FAILING', words: 'failing'},
  DIFFERENT: {like: 'DIFFERENT', words: 'different'},
  REPAIRING: {like: 'REPAIRING', words: 'repairing'},
  UNKNOWN: {like: 'UNKNOWN', words: 'unknown'},
  EQUAL: {like: 'EQUAL', words: 'equal'},
};

const HOLDS = {VALUE: 'a value', DELETED: 'a delete', NOTHING: 'nothing', UNREAD: 'what cannot be read', UNKNOWN: 'unknown'};

const KNOWN_FROM = {
  WRITE_EVENT: 'its latest write event',
  COMPARISON: 'the latest comparison',
  WHOLE_TOPIC: 'its whole writes topic, which has no write event of the key',
  NONE: 'no record that was read',
};

const WHAT = {
  REPAIR: 'repair', ANSWER: 'answer', WRITE: 'write', HELD: 'held', PROBE: 'probe', CHOSEN: 'choice', DIFFERS: 'differs',
};

const When = ({at}) => html`<time datetime=${at} title=${at}>${time(Date.parse(at))}</time>`;

function Verdict({found}) {
  const state = KEY_STATES[found.state] ?? {like: 'UNKNOWN', words: found.state};
  const {style, glyph} = stateOf(state.like);
  return html`<div class=${`verdict ${style}`}>
    <p><strong><span class="cell" aria-hidden="true">${glyph}</span> ${state.words}.</strong> ${found.sentence}</p>
    <dl>
      ${found.winner && html`<dt>Wins</dt><dd>${found.winner}${found.winnerHeldBy.length > 0 && `, held by ${found.winnerHeldBy.join(', ')}`}</dd>`}
      ${found.because && html`<dt>Because</dt><dd>${found.because}</dd>`}
      ${found.since && html`<dt>Since</dt><dd><${When} at=${found.since}/>${found.sincePlace && html` (<code>${found.sincePlace}</code>)`}</dd>`}
    </dl></div>`;
}

/** The rows of the comparison: what, and how it is shown of one replica. */
const ROWS = [
  ['holds', one => html`${HOLDS[one.holds] ?? one.holds}${one.expiry && html`, until <${When} at=${one.expiry}/>`}`],
  ['version', one => one.version ?? ''],
  ['position', one => one.position && html`<${When} at=${one.position}/>`],
  ['digest', one => html`<code>${one.digest ?? ''}</code>`],
  ['size', one => one.bytes === null ? '' : `${number(one.bytes)} bytes`],
  ['write event', one => html`<code>${one.place ?? (one.version ? 'not read' : '')}</code>`],
  ['known from', one => html`${KNOWN_FROM[one.knownFrom] ?? one.knownFrom}${one.asOf && html`, <${When} at=${one.asOf}/>`}`],
];

/** The entries of all replicas side by side. */
function Entries({found}) {
  const wins = one => found.winnerHeldBy.includes(one.replica);
  return html`<h3>What the replicas hold</h3>
    <${Scroll} label="What the replicas hold"><table class="plain sides">
      <thead><tr><td></td>${found.replicas.map(one => html`<th scope="col" class=${wins(one) ? 'wins' : ''}>${one.replica}${wins(one) && html` <span class="mark">wins</span>`}</th>`)}</tr></thead>
      <tbody>${ROWS.map(([what, shown]) => html`<tr><th scope="row">${what}</th>${found.replicas.map(one =>
        html`<td class=${wins(one) ? 'wins' : ''}>${shown(one)}</td>`)}</tr>`)}</tbody>
    </table></${Scroll}>`;
}

/** What has happened, in order of time. */
function Events({found}) {
  return html`<h3 id="events">What has happened to it</h3>
    ${found.events.length === 0 ? html`<p>No record that was read is about the key.</p>` : html`
    ${found.olderEvents > 0 && html`<p>${number(found.olderEvents)} older events are left out.</p>`}
    <ol class="events" aria-labelledby="events">${found.events.map(event => html`<li><${When} at=${event.time}/> <strong>${WHAT[event.what] ?? event.what}</strong>
      <span>${event.replica ?? ''}</span> <span class="words">${event.text}</span> <code>${event.place ?? ''}</code></li>`)}</ol>`}`;
}

function range(one) {
  if (one.failure) {
    return `not read: ${one.failure}`;
  }
  const unreadable = one.unreadable > 0 ? `; ${number(one.unreadable)} records cannot be read` : '';
  if (one.begin === one.end) {
    return `empty${unreadable}`;
  }
  if (one.from === one.end) {
    return `not read in time${unreadable}`;
  }
  const offsets = `offsets ${number(one.from)} to ${number(one.end - 1)}`;
  return one.whole ? `${offsets}: all that there are${unreadable}` : `${offsets}; those from ${number(one.begin)} on, which are older, were not read${unreadable}`;
}

function Reading({found}) {
  return html`
    ${found.partial && html`<p class="partial">Not all records were read: at most ${number(found.bounds.recordsPerPartition)} of each topic, within ${found.bounds.seconds} s.
      What is older is missing here; the commands below read all of it.</p>`}
    <details><summary>What was read</summary><ul>${found.read.map(one => html`<li><code>${one.topic}-${one.partition}</code>: ${range(one)}</li>`)}
      <li>What rounds have found: the reports that this process keeps in memory.</li></ul></details>
    <h3>The same in a terminal</h3>
    <ul class="commands">${found.commands.map(command => html`<li><code>${command}</code></li>`)}</ul>`;
}

/** One key: what the replicas hold, which entry wins because of what, and what has happened to it. Read when it is opened, and on demand. */
export function Key({text, partition, act, onConflicts}) {
  const heading = useRef(null);
  const [read, setRead] = useState({});
  const [again, setAgain] = useState(0);
  useEffect(() => heading.current?.focus(), [text, partition]);
  useEffect(() => {
    let ended = false;
    const found = read.of === text ? read.found : undefined;
    setRead({of: text, found, reading: true});
    get(`api/v1/keys?key=${encodeURIComponent(text)}${partition === undefined ? '' : `&partition=${partition}`}`)
      .then(answer => ended || setRead({of: text, found: answer}),
        e => ended || setRead({of: text, found, failure: e.name === 'TimeoutError' ? 'No answer.' : e.message || 'No answer.'}));
    return () => { ended = true; };
  }, [text, partition, again, act.done]);
  const {found, reading, failure} = read.of === text ? read : {reading: true};
  const shown = found?.key ?? text;
  const marked = isHex(shown);
  return html`<section class="panel" aria-labelledby="key" aria-busy=${reading === true}>
    <${Crumbs} partition=${found?.partition ?? partition} segment=${found?.segment} text=${shown}/>
    <h2 id="key" tabindex="-1" ref=${heading}><span>Key <span class="key">${shown}</span>${marked && html` <span class="mark">in hexadecimal: it is no printable text</span>`}</span></h2>
    <div class="tools">
      <button disabled=${reading} onClick=${() => setAgain(again + 1)}>Read again</button>
      <${ActionButton} act=${act} order=${probe(marked ? shown.slice('hex:'.length) : shown, marked, found?.partition ?? partition)}
        label="Probe the key ${shown}: all replicas say what they hold now">Probe now</${ActionButton}>
      ${found?.state === 'CONFLICT' && html`<button onClick=${onConflicts}>List the conflicts, to choose</button>`}
      <span role="status">${reading ? 'Reading what the topics say about the key …' : found ? `Read at ${time(Date.parse(found.time))}.` : ''}</span>
    </div>
    ${failure && html`<p class="lost" role="alert">The key could not be read${found ? `; showing what was read at ${time(Date.parse(found.time))}` : ''}. ${failure}</p>`}
    ${found && html`<${Verdict} found=${found}/><${Entries} found=${found}/><${Events} found=${found}/><${Reading} found=${found}/>`}
  </section>`;
}
