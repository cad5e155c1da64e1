import {h, render} from './vendor/preact.mjs';
import {useEffect, useState} from './vendor/hooks.mjs';
import htm from './vendor/htm.mjs';
import {ActionButton, Actions, Confirm, Conflicts, NeedButton, pause, resume} from './actions.js';
import {Audits} from './audits.js';
import {follow, get} from './feed.js';
import {Key} from './key.js';
import {Matrix} from './matrix.js';
import {Partition} from './partition.js';
import {place} from './places.js';
import {Round} from './round.js';
import {Rounds} from './rounds.js';
import {stateOf} from './states.js';
import {age, number, time} from './text.js';

const html = htm.bind(h);

/** So old may what is shown be until the page says that nothing is known now. */
const LOST_AFTER_MS = 15_000;

function Verdict({status, lost}) {
  const words = lost ? 'unknown: connection lost' : stateOf(status.state).words;
  return html`
    <h1 class=${stateOf(lost ? 'UNKNOWN' : status.state).style}>${lost ? `Unknown: connection lost. Before: ${status.sentence}` : status.sentence}</h1>
    <p class="unseen" role="status">${status.dataset}: ${words}</p>
    ${status.chips.length > 0 && html`<ul class="chips" aria-label="Besides">${status.chips.map(chip => html`<li>${chip}</li>`)}</ul>`}`;
}

/** In how many partitions the repairs of a replica are paused; empty if in all. */
function partly(status, replica) {
  const held = status.pausedIn[replica];
  return held && held.partitions < held.of ? `${held.partitions} of ${held.of} partitions` : '';
}

/** Repairs that the flood guard holds back in all partitions, by replica. */
function heldBack(partitions) {
  const held = {};
  partitions.forEach(partition => Object.entries(partition.heldBack).forEach(([replica, repairs]) => {
    held[replica] = (held[replica] ?? 0) + repairs;
  }));
  return held;
}

function Needs({status, act, onConflicts}) {
  const {needs} = status;
  if (needs.length === 0) {
    return null;
  }
  return html`<section aria-labelledby="needs">
    <h2 id="needs">What needs you</h2>
    <ul class="needs">${needs.map(need => html`<li>
      <span>${need.text}</span>${need.command && html`<code>${need.command}</code>`}
      <${NeedButton} command=${need.command} act=${act} heldBack=${heldBack(status.partitions)} onConflicts=${onConflicts}/>
    </li>`)}</ul>
  </section>`;
}

/** Whether the repairs of a replica are paused, and the buttons: both where the pause holds in some partitions alone. */
function Pausing({status, replica, act}) {
  const since = status.paused[replica];
  const part = partly(status, replica);
  const orders = since ? part ? [resume, pause] : [resume] : [pause];
  return html`${since && html`<span title=${since}>paused since ${time(Date.parse(since))}${part && `, in ${part}`} </span>`}
    ${orders.map(make => make(replica)).map(order => html`<${ActionButton} act=${act} order=${order}
      label="${order.button} the repairs of ${replica}">${order.button}</${ActionButton}> `)}`;
}

function Replicas({status, act}) {
  return html`<section aria-labelledby="replicas">
    <h2 id="replicas">Replicas</h2>
    <div class="scroll"><table class="plain">
      <thead><tr><th scope="col">replica</th><th scope="col" class="n">partitions</th><th scope="col" class="n">keys</th>
        <th scope="col">last report</th><th scope="col" class="n">dead letters</th><th scope="col">repairs</th></tr></thead>
      <tbody>${status.replicas.map(replica => html`<tr>
        <th scope="row">${replica.replica}</th><td class="n">${number(replica.partitions)}</td><td class="n">${replica.keys === null ? 'unknown' : number(replica.keys)}</td>
        <td title=${replica.reported ?? ''}>${replica.reported ? age(Date.parse(status.time) - Date.parse(replica.reported)) + ' ago' : 'none'}</td>
        <td class="n">${replica.deadLetters === 0 ? '' : number(replica.deadLetters)}</td>
        <td>${replica.repaired ? html`<${Pausing} status=${status} replica=${replica.replica} act=${act}/>` : 'none: a source'}</td>
      </tr>`)}</tbody>
    </table></div>
  </section>`;
}

function Page() {
  const [read, setRead] = useState(null);
  const [shown, setShown] = useState(place());
  const [nowMs, setNowMs] = useState(Date.now());
  const [asked, setAsked] = useState(null);
  const [done, setDone] = useState(0);
  const [listed, setListed] = useState(false);
  useEffect(() => follow(setRead), []);
  useEffect(() => {
    const moved = () => setShown(place());
    const tick = setInterval(() => setNowMs(Date.now()), 1000);
    addEventListener('hashchange', moved);
    return () => { removeEventListener('hashchange', moved); clearInterval(tick); };
  }, []);
  const status = read?.status;
  const lost = read?.failure || nowMs - read?.readMs > LOST_AFTER_MS;
  useEffect(() => status && requestAnimationFrame(() => performance.mark('matrix')), [Boolean(status)]); // for measurements
  useEffect(() => {
    document.documentElement.dataset.ready = status ? 'yes' : 'no';
    document.title = status ? `${lost ? 'unknown' : stateOf(status.state).words} · ${status.dataset} · Trueup` : 'Trueup';
  }, [status, lost]);
  if (!read) {
    return html`<main><h1 role="status">Reading the status …</h1></main>`;
  }
  if (!status) {
    return html`<main><h1 role="status" class="s-unknown">Unknown: ${read.failure}</h1>
      <p class="dim">This page tries again by itself.</p></main>`;
  }
  const act = {ask: setAsked, refused: status.noActions, done};
  const partition = status.partitions.find(one => one.partition === shown.partition);
  return html`
    <header><strong>Trueup</strong><span>dataset ${status.dataset}</span>
      <span title=${status.time}>as of ${time(Date.parse(status.time))}</span>${status.observing && html`<span>observing: nothing is sent</span>`}
      ${Object.keys(status.paused).length > 0 && html`<span class="paused">repairs paused: ${Object.keys(status.paused).map(name => partly(status, name) ? `${name} in ${partly(status, name)}` : name).join(', ')}</span>`}</header>
    <main>
      ${lost && html`<p class="lost" role="alert">Connection lost ${age(nowMs - read.readMs)} ago; showing ${time(read.readMs)}. ${read.failure}</p>`}
      <${Verdict} status=${status} lost=${lost}/>
      <${Needs} status=${status} act=${act} onConflicts=${() => setListed(true)}/>
      ${listed && html`<${Conflicts} act=${act} get=${get} onClose=${() => setListed(false)}/>`}
      <${Matrix} status=${status} shown=${shown.partition}/>
      ${shown.key !== undefined && html`<${Key} text=${shown.key} partition=${shown.partition} act=${act} onConflicts=${() => setListed(true)}/>`}
      ${shown.key === undefined && shown.partition !== undefined && html`<${Partition} number=${shown.partition} level=${shown.level} segment=${shown.segment} partition=${partition}
        nowMs=${Date.parse(status.time)} act=${act}/>`}
      ${shown.cut !== undefined && html`<${Round} cut=${shown.cut} cuts=${read.cuts}/>`}
      <${Rounds} cuts=${read.cuts}/>
      <${Replicas} status=${status} act=${act}/>
      <${Audits} act=${act}/>
      <${Actions} status=${status} act=${act}/>
      ${asked && html`<${Confirm} order=${asked} onClose=${() => { setAsked(null); setDone(done + 1); }}/>`}
    </main>
    <footer><p>The same in a terminal: <code>trueup status</code>. As data: <a href="api/v1/status">api/v1/status</a>, <a href="metrics">metrics</a>.</p></footer>`;
}

render(html`<${Page}/>`, document.getElementById('page'));
