import {h} from './vendor/preact.mjs';
import {useEffect, useRef, useState} from './vendor/hooks.mjs';
import htm from './vendor/htm.mjs';
import {keyPlace, keyText} from './places.js';
import {counts, number, time} from './text.js';

const html = htm.bind(h);
const TIMEOUT_MS = 40_000;
export const NO_ACTIONS = 'no-actions';

async function post(action, body) {
  const answer = await fetch(`api/v1/actions/${action}`, {
    method: 'POST', cache: 'no-store', signal: AbortSignal.timeout(TIMEOUT_MS), body: JSON.stringify(body),
    headers: {'Content-Type': 'application/json', 'X-Trueup-Action': '1', Accept: 'application/json'},
  });
  const json = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    throw new Error(json.detail ?? json.title ?? `${answer.status} ${answer.statusText}`);
  }
  return json;
}

const of = replica => replica ?? 'all replicas';

/** Orders: what is sent, and what a person reads before. With a name, the person has to write it. */
export const pause = replica => ({
  action: 'pause', body: replica ? {replica} : {}, button: 'Pause', title: `Pause the repairs of ${of(replica)}?`,
  lines: [`Rounds go on: they compare and report as before. Nothing is sent to ${of(replica)} until the repairs are resumed, also after a restart.`,
    'What differs stays different. Repairs that are in a repair topic already are still applied.'],
});

export const resume = replica => ({
  action: 'resume', body: replica ? {replica} : {}, button: 'Resume', title: `Resume the repairs of ${of(replica)}?`,
  lines: [`The next rounds send to ${of(replica)} what is needed to make the replicas equal.`],
});

export const approve = (replica, repairs, partition) => ({
  action: 'approve', body: {replica, ...(partition === undefined ? {} : {partitions: [partition]})}, button: 'Approve', name: replica,
  title: `Approve the repairs of ${replica} ${partition === undefined ? 'in all partitions' : `in partition ${partition}`}?`,
  lines: [`The flood guard holds back about ${number(repairs)} repairs. They are sent to ${replica} in the next rounds, and whatever else its repair needs within one hour.`,
    'Losses this large usually indicate a configuration error: a wrong topic, another partitioner, a lost database. Look for the reason first.'],
});

const keyOf = conflict => conflict.key ?? `hex:${conflict.keyHex}`;
const holds = entry => ({NOTHING: 'nothing', UNREAD: 'what cannot be read', DELETED: `a delete, version ${entry.version}`}[entry.holds]
  ?? `version ${entry.version}, digest ${entry.digest}`);

export const choose = (conflict, side) => ({
  action: 'choose', body: {keyHex: conflict.keyHex, replica: side.replicas[0], revision: conflict.revision}, button: 'Choose',
  title: `Choose what ${side.replicas.join(', ')} ${side.replicas.length === 1 ? 'holds' : 'hold'} for ${keyOf(conflict)}?`,
  lines: [`It wins: ${holds(side.entry)}.`,
    ...conflict.sides.filter(other => other !== side).map(other => `${other.replicas.join(', ')} will be repaired, and ${other.replicas.length === 1 ? 'loses' : 'lose'} ${holds(other.entry)}.`)],
});

/** @param partition undefined for the one that the default partitioner chooses */
export const probe = (text, isHex, partition) => ({
  action: 'probe', body: {...(isHex ? {keyHex: text} : {key: text}), ...(partition === undefined ? {} : {partition})}, button: 'Probe', title: `Probe ${isHex ? `hex:${text}` : text}?`,
  lines: ['All replicas say what they hold for the key. If they differ, it is repaired at once, as in a round.',
    partition === undefined ? 'The partition is the one that the default partitioner of Kafka gives the key.' : `The key lies in partition ${partition}.`],
});

/** A button that asks before it acts; where actions are refused, it says why. */
export function ActionButton({act, order, label, children}) {
  return html`<button disabled=${act.refused !== null} title=${act.refused ?? ''} aria-label=${label}
    aria-describedby=${act.refused === null ? undefined : NO_ACTIONS} onClick=${() => act.ask(order)}>${children}</button>`;
}

function Answer({answer}) {
  return html`<div role="status"><p>${answer.text}</p>${answer.warning && html`<p>${answer.warning}</p>`}
    ${answer.answers && html`<div class="scroll"><table class="plain">
      <thead><tr><th scope="col">replica</th><th scope="col">holds</th><th scope="col">position</th></tr></thead>
      <tbody>${answer.answers.map(one => html`<tr><th scope="row">${one.replica}</th><td>${one.entry ? holds(one.entry) : 'nothing'}</td>
        <td>${one.entry?.position ? time(Date.parse(one.entry.position)) : ''}</td></tr>`)}</tbody>
    </table></div>`}
    ${answer.silent?.length > 0 && html`<p>No answer from ${answer.silent.join(', ')}.</p>`}</div>`;
}

/** The question, and then the answer. Escape and Cancel end it without an action. */
export function Confirm({order, onClose}) {
  const dialog = useRef(null);
  const [name, setName] = useState('');
  const [state, setState] = useState({});
  useEffect(() => dialog.current.showModal(), []);
  async function send() {
    setState({sending: true});
    try {
      setState({answer: await post(order.action, order.body)});
    } catch (e) {
      setState({failure: e.name === 'TimeoutError' ? 'No answer. It is unknown whether the action was carried out.' : e.message || 'No answer.'});
    }
  }
  const unnamed = order.name !== undefined && name !== order.name;
  return html`<dialog ref=${dialog} aria-labelledby="asked" onClose=${onClose}>
    <h2 id="asked">${order.title}</h2>
    ${state.answer ? html`<${Answer} answer=${state.answer}/>` : order.lines.map(line => html`<p>${line}</p>`)}
    ${state.failure && html`<p class="lost" role="alert">${state.failure}</p>`}
    ${order.name !== undefined && !state.answer && html`<p><label>Write the name of the replica, ${order.name}, to go on:
      <input value=${name} autocomplete="off" spellcheck=${false} onInput=${event => setName(event.target.value)}/></label></p>`}
    <p class="tools">${!state.answer && html`<button class="act" disabled=${unnamed || state.sending} onClick=${send}>${state.sending ? 'Sending …' : order.button}</button>`}
      <button autofocus onClick=${() => dialog.current.close()}>${state.answer ? 'Close' : 'Cancel'}</button></p>
  </dialog>`;
}

/** The button for what the command beside it does; nothing for other commands. */
export function NeedButton({command, act, heldBack, onConflicts}) {
  const [, verb, replica] = /^trueup (approve --target|resume --replica|conflicts) ?(.*)$/.exec(command) ?? [];
  if (verb === 'conflicts') {
    return html`<button onClick=${onConflicts}>List the conflicts</button>`;
  }
  const order = verb?.startsWith('approve') ? approve(replica, heldBack[replica] ?? 0) : verb?.startsWith('resume') && resume(replica);
  return order && html`<${ActionButton} act=${act} order=${order} label="${order.button} the repairs of ${replica}">${order.button}</${ActionButton}>`;
}

/** The keys in conflict, with a button for each side. */
export function Conflicts({act, get, onClose}) {
  const [read, setRead] = useState(null);
  const heading = useRef(null);
  useEffect(() => {
    heading.current?.focus();
    get('api/v1/conflicts').then(setRead, e => setRead({failure: e.message || 'No answer.'}));
  }, [act.done]);
  return html`<section class="panel" aria-labelledby="conflicts">
    <h2 id="conflicts" tabindex="-1" ref=${heading}><span>Conflicts</span><button onClick=${onClose}>Close</button></h2>
    ${!read && html`<p role="status">Reading the conflicts …</p>`}
    ${read?.failure && html`<p class="lost" role="alert">${read.failure}</p>`}
    ${read?.unreadable > 0 && html`<p>${number(read.unreadable)} reports could not be read: there may be other conflicts.</p>`}
    ${read?.conflicts && (read.conflicts.length === 0 ? html`<p>No conflicts.</p>` : html`<div class="scroll"><table class="plain">
      <thead><tr><th scope="col">key</th><th scope="col">partition</th><th scope="col">since</th><th scope="col">reason</th><th scope="col">replicas</th><th scope="col">hold</th><td></td></tr></thead>
      <tbody>${read.conflicts.map(conflict => conflict.sides.map((side, i) => html`<tr>
        <td class="key">${i === 0 && html`<a href=${keyPlace(keyText(conflict.key, conflict.keyHex), conflict.partition)}>${keyOf(conflict)}</a>`}</td><td>${i === 0 && conflict.partition}</td><td>${i === 0 && time(Date.parse(conflict.since))}</td><td>${i === 0 && conflict.reason}</td>
        <td>${side.replicas.join(', ')}</td><td>${holds(side.entry)}</td>
        <td>${side.entry.holds !== 'UNREAD' && html`<${ActionButton} act=${act} order=${choose(conflict, side)}
          label="Choose what ${side.replicas.join(', ')} holds for ${keyOf(conflict)}">Choose</${ActionButton}>`}</td></tr>`))}</tbody>
    </table></div>`)}
    ${read?.total > read?.conflicts?.length && html`<p>… and ${number(read.total - read.conflicts.length)} more: trueup conflicts</p>`}
  </section>`;
}

/** Pausing all, and probing a key. */
export function Actions({status, act}) {
  const [text, setText] = useState('');
  const [isHex, setHex] = useState(false);
  const paused = Object.keys(status.paused);
  return html`<section aria-labelledby="actions">
    <h2 id="actions">Actions</h2>
    ${act.refused !== null && html`<p id=${NO_ACTIONS}>The buttons are off: ${act.refused}.</p>`}
    <div class="tools">
      <${ActionButton} act=${act} order=${pause()}>Pause all repairs</${ActionButton}>
      ${paused.length > 0 && html`<${ActionButton} act=${act} order=${resume()}>Resume all repairs</${ActionButton}>`}
    </div>
    <form class="tools" onSubmit=${event => { event.preventDefault(); act.refused === null && text && act.ask(probe(text, isHex)); }}>
      <label>Key <input value=${text} autocomplete="off" spellcheck=${false} onInput=${event => setText(event.target.value)}/></label>
      <label><input type="checkbox" checked=${isHex} onChange=${event => setHex(event.target.checked)}/> hexadecimal</label>
      ${text && html`<a href=${keyPlace(isHex ? `hex:${text}` : text)}>Show the key</a>`}
      <button disabled=${act.refused !== null || !text} title=${act.refused ?? ''} aria-describedby=${act.refused === null ? undefined : NO_ACTIONS}>Probe the key</button>
    </form>
  </section>`;
}

/** Approvals of what is held back in one partition. */
export function Approvals({partition, act}) {
  const held = Object.entries(partition.heldBack).filter(([, repairs]) => repairs > 0);
  return held.length > 0 && html`<div class="tools">${held.map(([replica, repairs]) => html`
    <${ActionButton} act=${act} order=${approve(replica, repairs, partition.partition)}>Approve ${counts({[replica]: repairs})} in this partition</${ActionButton}>`)}</div>`;
}
