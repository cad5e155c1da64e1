import {h} from './vendor/preact.mjs';
import {useEffect, useState} from './vendor/hooks.mjs';
import htm from './vendor/htm.mjs';
import {ActionButton} from './actions.js';
import {AUDIT_EVENT, get} from './feed.js';
import {Scroll} from './places.js';
import {age, number, time} from './text.js';

const html = htm.bind(h);
const READ_EVERY_MS = 5000;
const VERDICTS = {EQUAL: 'equal', DIVERGENT: 'different', UNKNOWN: 'cannot tell'};

/** Partitions as 0,4-7; undefined if that is not what was written. */
function partitionsOf(text) {
  const numbers = [];
  for (const part of text.split(',').map(one => one.trim()).filter(Boolean)) {
    const [, from, to] = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(part) ?? [];
    if (from === undefined || Number(to ?? from) < Number(from) || Number(to ?? from) - from > 4096) {
      return undefined;
    }
    for (let n = Number(from); n <= Number(to ?? from); n++) {
      numbers.push(n);
    }
  }
  return [...new Set(numbers)];
}

const which = partitions => partitions.length === 0 ? 'all partitions' : `partitions ${partitions.join(', ')}`;

const start = (partitions, bounds) => ({
  action: 'audit', body: partitions.length === 0 ? {} : {partitions}, button: 'Start the audit', title: `Audit ${which(partitions)}?`,
  lines: ['This process reads the writes topics of all replicas from their beginning, and reports which keys differ, since when, and by which write. It changes nothing.',
    `It takes one thread and ${number(Math.round(bounds.memoryBytes / 1048576))} MB, and the brokers send all these records. It lists ${number(bounds.keys)} keys at most, and ends after ${bounds.minutes} minutes.`],
});

const stop = {
  action: 'stop-audit', body: {}, button: 'Stop the audit', title: 'Stop the audit?',
  lines: ['It ends soon. Its report shows what is known by then, and is marked as partial.'],
};

function Running({audit, act}) {
  const share = audit.expected > 0 ? Math.min(1, audit.passed / audit.expected) : 0;
  const seconds = audit.tookMs / 1000;
  const left = share < 0.01 ? '' : `, about ${age(audit.tookMs / share - audit.tookMs)} left`;
  const text = `${Math.floor(100 * share)} %, ${number(Math.round(audit.records / Math.max(seconds, 0.001)))} records per second${left}`;
  return html`<div class="tools">
    <label>Audit ${audit.id} of ${which(audit.partitions)} <progress max="1" value=${share}></progress></label>
    <span>${text}, since ${time(Date.parse(audit.started))} by ${audit.by}</span>
    <${ActionButton} act=${act} order=${stop}>Stop the audit</${ActionButton}></div>`;
}

function Reports({reports}) {
  return html`<${Scroll} label="Reports of audits"><table class="plain">
      <thead><tr><th scope="col">audit</th><th scope="col">started</th><th scope="col">of</th><th scope="col">verdict</th><th scope="col" class="n">keys that differ</th><th scope="col">took</th><th scope="col">report</th></tr></thead>
      <tbody>${reports.map(one => html`<tr><th scope="row">${one.id}</th><td title=${one.started}>${time(Date.parse(one.started))} by ${one.by}</td>
        <td>${which(one.partitions)}${one.at && ` at ${time(Date.parse(one.at))}`}</td>
        <td>${one.failure ? `failed: ${one.failure}` : `${VERDICTS[one.verdict] ?? one.verdict}${one.partial ? ', partial' : ''}`}</td>
        <td class="n">${one.differing === null ? '' : number(one.differing)}</td><td>${age(one.tookMs)}</td>
        <td>${one.report && html`<a href=${one.report.slice(1)} target="_blank" rel="noopener">Open the report of audit ${one.id}</a>`}</td></tr>`)}</tbody>
    </table></${Scroll}>`;
}

/** The audits of the process that serves the page: start one, watch it, open its report. */
export function Audits({act}) {
  const [read, setRead] = useState({});
  const [text, setText] = useState('');
  const [again, setAgain] = useState(0);
  useEffect(() => {
    let ended = false;
    get('api/v1/audits').then(audits => ended || setRead({audits}), e => ended || setRead(last => ({...last, failure: e.message || 'No answer.'})));
    return () => { ended = true; };
  }, [again, act.done]);
  useEffect(() => {
    const changed = ({detail}) => detail.ended
      ? setAgain(n => n + 1)
      : setRead(last => last.audits ? {audits: {...last.audits, running: detail}} : last);
    addEventListener(AUDIT_EVENT, changed);
    return () => removeEventListener(AUDIT_EVENT, changed);
  }, []);
  const {audits, failure} = read;
  const running = audits?.running;
  useEffect(() => { // where no events come
    const timer = running && setTimeout(() => setAgain(n => n + 1), READ_EVERY_MS);
    return () => clearTimeout(timer);
  }, [running]);
  const partitions = partitionsOf(text);
  return html`<section aria-labelledby="audits">
    <h2 id="audits">Audits</h2>
    ${failure && html`<p class="lost" role="alert">The audits could not be read. ${failure}</p>`}
    ${audits && !audits.available && html`<p>This process runs no audits. In a terminal: <code>trueup audit</code>.</p>`}
    ${audits?.available && (running
      ? html`<${Running} audit=${running} act=${act}/>`
      : html`<div class="tools"><label>Partitions <input value=${text} placeholder="all" autocomplete="off" spellcheck=${false} aria-invalid=${partitions === undefined}
          onInput=${event => setText(event.target.value)}/></label>
        ${partitions === undefined ? html`<span role="alert">Write partitions as 0,4-7.</span>`
          : html`<${ActionButton} act=${act} order=${start(partitions, audits.bounds)}>Start an audit</${ActionButton}>`}</div>`)}
    ${audits?.available && (audits.reports.length === 0
      ? html`<p class="dim">No audit has ended since this process has started. It keeps the last ${audits.bounds.reports} reports.</p>`
      : html`<${Reports} reports=${audits.reports}/>`)}
  </section>`;
}
