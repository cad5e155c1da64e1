import {h} from './vendor/preact.mjs';
import {useEffect, useRef, useState} from './vendor/hooks.mjs';
import htm from './vendor/htm.mjs';
import {Approvals} from './actions.js';
import {get} from './feed.js';
import {cellOf, stateOf} from './states.js';
import {age, counts, number, time} from './text.js';

const html = htm.bind(h);
const MAX_ROUNDS = 20;

/** A key as text where it is one, else in hexadecimal, marked as such; its hash where the reporting replica does not know it. */
const keyText = key => key.key ?? (key.keyHex === null ? `hash ${key.keyHash}` : `hex:${key.keyHex}`);

/** What the state alone does not say. */
function details(partition) {
  const lines = [];
  if (partition.states.length > 1) {
    lines.push(`Also: ${partition.states.slice(1).map(name => stateOf(name).words).join(', ')}.`);
  }
  if (Object.keys(partition.different).length > 0) {
    lines.push(`Differences: ${counts(partition.different)}.`);
  }
  if (partition.failed > 0) {
    lines.push(`${number(partition.failed)} stay different after all attempts.`);
  }
  if (Object.keys(partition.heldBack).length > 0) {
    lines.push(`Held back by the flood guard: ${counts(partition.heldBack)}.`);
  }
  if (Object.keys(partition.needsPerson).length > 0) {
    lines.push(`Keys that need a person: ${counts(partition.needsPerson)}.`);
  }
  Object.entries(partition.paused).forEach(([replica, since]) => lines.push(`Repairs of ${replica} are paused since ${time(Date.parse(since))}.`));
  partition.waits.forEach(wait => lines.push(`${number(wait.keys)} of ${wait.target} wait: ${wait.reason}, since ${time(Date.parse(wait.since))}.`));
  partition.lagging.forEach(lag => lines.push(`${lag.replica} is ${age(lag.behindMs)} behind.`));
  if (partition.silent.length > 0) {
    lines.push(`Nothing is heard of ${partition.silent.join(', ')}.`);
  }
  return lines;
}

/** One partition: its owners, the keys that differed in the latest rounds, and these rounds. */
export function Partition({number: shown, partition, nowMs, act}) {
  const heading = useRef(null);
  const [own, setOwn] = useState([]);
  useEffect(() => heading.current?.focus(), [shown]);
  useEffect(() => {
    let ended = false;
    get(`api/v1/rounds?limit=100&partition=${shown}`)
      .then(({rounds}) => ended || setOwn(rounds))
      .catch(() => {}); // the page says that the connection is lost
    return () => { ended = true; };
  }, [shown, partition?.reported]);
  const close = html`<button onClick=${() => { location.hash = ''; }}>Close</button>`;
  if (!partition) {
    return html`<section class="panel"><h2 tabindex="-1" ref=${heading}>Partition ${shown}${close}</h2>
      <p>No such partition is compared: it does not exist, or has one owner only.</p></section>`;
  }
  const latest = Math.max(...own.filter(round => round.sample.length > 0).map(round => Date.parse(round.cut)));
  const keys = own.filter(round => Date.parse(round.cut) === latest).flatMap(round => round.sample);
  const once = [...new Map(keys.map(key => [`${key.keyHash} ${key.target}`, key])).values()];
  return html`<section class="panel" aria-labelledby="partition">
    <h2 id="partition" tabindex="-1" ref=${heading}><span>Partition ${shown}: ${stateOf(partition.state).words}</span>${close}</h2>
    <p>${partition.equalAt ? `Its owners were equal as of ${time(Date.parse(partition.equalAt))}, ${age(nowMs - Date.parse(partition.equalAt))} ago.` : 'No report shows that its owners were equal.'}
      ${partition.differentSince && ` They differ since ${time(Date.parse(partition.differentSince))}.`} ${number(partition.keys)} keys.</p>
    <ul>${details(partition).map(line => html`<li>${line}</li>`)}</ul>
    <${Approvals} partition=${partition} act=${act}/>
    ${partition.notes.length > 0 && html`<ul>${partition.notes.map(note => html`<li>${note}</li>`)}</ul>`}
    <div class="scroll"><table class="plain">
      <thead><tr><th scope="col">replica</th><th scope="col">state</th><th scope="col" class="n">repairs sent</th></tr></thead>
      <tbody>${partition.owners.map(owner => html`<tr><th scope="row">${owner}</th><td>${stateOf(cellOf(partition, owner)).words}</td>
        <td class="n">${number(partition.sent[owner] ?? 0)}</td></tr>`)}</tbody>
    </table></div>
    ${once.length > 0 && html`<h3>Keys that differed at ${time(latest)}</h3>
      <div class="scroll"><table class="plain">
        <thead><tr><th scope="col">key</th><th scope="col">replica</th><th scope="col">kind</th><th scope="col">supplier</th><th scope="col">what was done</th></tr></thead>
        <tbody>${once.map(key => html`<tr><td class="key">${keyText(key)}</td><td>${key.target}</td><td>${key.kind}</td>
          <td>${key.supplier ?? ''}</td><td>${key.action}${key.reason ? `: ${key.reason}` : ''}</td></tr>`)}</tbody>
      </table></div>`}
    <h3>Rounds</h3>
    <div class="scroll"><table class="plain">
      <thead><tr><th scope="col">cut</th><th scope="col">replica</th><th scope="col">outcome</th><th scope="col">differed</th><th scope="col">sent</th>
        <th scope="col" class="n">verified</th><th scope="col" class="n">control bytes</th><th scope="col">note</th></tr></thead>
      <tbody>${own.slice(0, MAX_ROUNDS).map(round => html`<tr><td title=${round.cut}>${time(Date.parse(round.cut))}</td><td>${round.replica}</td><td>${round.outcome}</td>
        <td>${counts(round.different)}</td><td>${counts(round.sent)}</td><td class="n">${round.verified ? number(round.verified) : ''}</td>
        <td class="n">${number(round.controlBytes)}</td><td>${round.note ?? ''}</td></tr>`)}</tbody>
    </table></div>
  </section>`;
}
