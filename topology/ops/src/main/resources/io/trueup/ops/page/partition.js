import {h} from './vendor/preact.mjs';
import {useEffect, useRef, useState} from './vendor/hooks.mjs';
import htm from './vendor/htm.mjs';
import {Approvals} from './actions.js';
import {get} from './feed.js';
import {Crumbs, Scroll, keyPlace, keyText, segmentPlace} from './places.js';
import {cellOf, stateOf} from './states.js';
import {Tree} from './tree.js';
import {age, counts, number, time} from './text.js';

const html = htm.bind(h);
const MAX_ROUNDS = 20;

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

/** What the reports of the latest cut that has found differences say: their keys, by segment, and how many differences they do not list. */
function latestDifferences(rounds) {
  const differing = rounds.filter(round => Object.keys(round.different).length > 0);
  const atMs = Math.max(...differing.map(round => Date.parse(round.cut)));
  const reports = differing.filter(round => Date.parse(round.cut) === atMs);
  const keys = [...new Map(reports.flatMap(report => report.sample).map(key => [`${key.keyHash} ${key.target}`, key])).values()];
  const segments = new Map();
  keys.forEach(key => segments.set(key.segment, [...segments.get(key.segment) ?? [], key]));
  return {
    atMs,
    keys,
    segments: [...segments].sort(([a], [b]) => a - b),
    reported: Math.max(0, ...reports.map(report => Object.values(report.different).reduce((a, b) => a + b, 0))),
    compared: Math.max(0, ...reports.map(report => report.comparedSegments)),
  };
}

const distinct = (keys, what) => [...new Set(keys.map(what))];

function Segments({partition, latest}) {
  const missing = latest.reported - latest.keys.length;
  return html`<h3>Segments that differed at ${time(latest.atMs)}</h3>
    <p>The reports list ${number(latest.keys.length)} of ${number(latest.reported)} differences, a difference being a key at one replica.
      ${missing > 0 && ` In which segments the other ${number(missing)} lie is not reported. The tree above leads to all segments that differ.`}
      ${latest.compared > 0 && ` The entries of ${number(latest.compared)} segments were compared.`}</p>
    ${latest.segments.length > 0 && html`<${Scroll} label="Segments that differed"><table class="plain">
      <thead><tr><th scope="col">segment</th><th scope="col" class="n">keys listed</th><th scope="col">replicas</th><th scope="col">kinds</th></tr></thead>
      <tbody>${latest.segments.map(([segment, keys]) => html`<tr>
        <th scope="row">${segment === null ? 'not reported' : html`<a href=${segmentPlace(partition, segment)}>Segment ${segment}</a>`}</th>
        <td class="n">${number(distinct(keys, key => key.keyHash).length)}</td><td>${distinct(keys, key => key.target).join(', ')}</td>
        <td>${distinct(keys, key => key.kind).join(', ')}</td></tr>`)}</tbody>
    </table></${Scroll}>`}`;
}

/** A key as a link to it; its hash where the replica that reports it does not know it. */
function KeyLink({value, partition}) {
  if (value.keyHex === null) {
    return html`hash ${value.keyHash}`;
  }
  const text = keyText(value.key, value.keyHex);
  return html`<a href=${keyPlace(text, partition)}>${text}</a>`;
}

function Keys({partition, keys, atMs}) {
  return html`<h3>Keys that differed at ${time(atMs)}</h3>
    <${Scroll} label="Keys that differed"><table class="plain">
      <thead><tr><th scope="col">key</th><th scope="col">replica</th><th scope="col">kind</th><th scope="col">supplier</th><th scope="col">what was done</th></tr></thead>
      <tbody>${keys.map(key => html`<tr><td class="key"><${KeyLink} value=${key} partition=${partition}/></td><td>${key.target}</td><td>${key.kind}</td>
        <td>${key.supplier ?? ''}</td><td>${key.action}${key.reason ? `: ${key.reason}` : ''}</td></tr>`)}</tbody>
    </table></${Scroll}>`;
}

function Reports({rounds}) {
  return html`<h3>Rounds</h3>
    <${Scroll} label="Rounds of the partition"><table class="plain">
      <thead><tr><th scope="col">cut</th><th scope="col">replica</th><th scope="col">outcome</th><th scope="col">differed</th><th scope="col">sent</th>
        <th scope="col" class="n">verified</th><th scope="col" class="n">control bytes</th><th scope="col">note</th></tr></thead>
      <tbody>${rounds.slice(0, MAX_ROUNDS).map(round => html`<tr><td title=${round.cut}>${time(Date.parse(round.cut))}</td><td>${round.replica}</td><td>${round.outcome}</td>
        <td>${counts(round.different)}</td><td>${counts(round.sent)}</td><td class="n">${round.verified ? number(round.verified) : ''}</td>
        <td class="n">${number(round.controlBytes)}</td><td>${round.note ?? ''}</td></tr>`)}</tbody>
    </table></${Scroll}>`;
}

function Owners({partition}) {
  return html`<${Scroll} label="Owners of the partition"><table class="plain">
      <thead><tr><th scope="col">replica</th><th scope="col">state</th><th scope="col" class="n">repairs sent</th></tr></thead>
      <tbody>${partition.owners.map(owner => html`<tr><th scope="row">${owner}</th><td>${stateOf(cellOf(partition, owner)).words}</td>
        <td class="n">${number(partition.sent[owner] ?? 0)}</td></tr>`)}</tbody>
    </table></${Scroll}>`;
}

/** Where the reports of the rounds are not there yet, or cannot be read. */
function Waiting({rounds, failure}) {
  return html`
    ${failure && html`<p class="lost" role="alert">The rounds of the partition could not be read${rounds ? '; showing those that were read last' : ''}. ${failure}</p>`}
    ${!rounds && !failure && html`<p role="status">Reading the rounds of the partition …</p>`}
    ${rounds?.length === 0 && html`<p>No round of the partition was reported yet.</p>`}`;
}

/** One segment: its keys that differed at the latest cut that has found differences. */
function Segment({number: segment, partition, rounds, latest}) {
  const keys = latest.keys.filter(key => key.segment === segment);
  if (!rounds) {
    return null;
  }
  return keys.length > 0
    ? html`<${Keys} partition=${partition} keys=${keys} atMs=${latest.atMs}/>`
    : html`<p>${latest.keys.length === 0 ? 'The latest rounds name no key that differs.' : `The latest round that has found differences, at ${time(latest.atMs)}, names no key of this segment.`}
      Only some of the keys that differ are reported, at most 32 by each replica.</p>`;
}

/**
 * One partition: its owners, the segments and keys that differed in the latest rounds, and these rounds; or one segment of it.
 *
 * @param level of the node of the tree that is open, if one is; then the segment is the first one below it
 * @param segment undefined for the whole partition
 */
export function Partition({number: shown, level, segment: named, partition, nowMs, act}) {
  const segment = level === undefined ? named : undefined;
  const heading = useRef(null);
  const [own, setOwn] = useState({});
  useEffect(() => heading.current?.focus(), [shown, segment]);
  useEffect(() => {
    let ended = false;
    get(`api/v1/rounds?limit=100&partition=${shown}`)
      .then(({rounds}) => ended || setOwn({of: shown, rounds}),
        e => ended || setOwn(last => ({of: shown, rounds: last.of === shown ? last.rounds : undefined, failure: e.message || 'No answer.'})));
    return () => { ended = true; };
  }, [shown, partition?.reported]);
  const {rounds, failure} = own.of === shown ? own : {};
  const crumbs = html`<${Crumbs} partition=${shown} segment=${segment}/>`;
  const close = html`<button onClick=${() => { location.hash = ''; }}>Close</button>`;
  if (!partition) {
    return html`<section class="panel" aria-labelledby="partition">${crumbs}<h2 id="partition" tabindex="-1" ref=${heading}>Partition ${shown}${close}</h2>
      <p>No such partition is compared: it does not exist, or has one owner only.</p></section>`;
  }
  const latest = latestDifferences(rounds ?? []);
  if (segment !== undefined) {
    return html`<section class="panel" aria-labelledby="partition">${crumbs}
      <h2 id="partition" tabindex="-1" ref=${heading}><span>Segment ${segment} of partition ${shown}</span>${close}</h2>
      <${Waiting} rounds=${rounds} failure=${failure}/>
      <${Segment} number=${segment} partition=${shown} rounds=${rounds} latest=${latest}/>
      <${Tree} partition=${shown} segment=${segment}/></section>`;
  }
  return html`<section class="panel" aria-labelledby="partition">${crumbs}
    <h2 id="partition" tabindex="-1" ref=${heading}><span>Partition ${shown}: ${stateOf(partition.state).words}</span>${close}</h2>
    <p>${partition.equalAt ? `Its owners were equal as of ${time(Date.parse(partition.equalAt))}, ${age(nowMs - Date.parse(partition.equalAt))} ago.` : 'No report shows that its owners were equal.'}
      ${partition.differentSince && ` They differ since ${time(Date.parse(partition.differentSince))}.`} ${number(partition.keys)} keys.</p>
    <ul>${details(partition).map(line => html`<li>${line}</li>`)}</ul>
    <${Approvals} partition=${partition} act=${act}/>
    ${partition.notes.length > 0 && html`<ul>${partition.notes.map(note => html`<li>${note}</li>`)}</ul>`}
    <${Owners} partition=${partition}/>
    <${Tree} partition=${shown} level=${level} segment=${named}/>
    <${Waiting} rounds=${rounds} failure=${failure}/>
    ${latest.reported > 0 && html`<${Segments} partition=${shown} latest=${latest}/>`}
    ${latest.keys.length > 0 && html`<${Keys} partition=${shown} keys=${latest.keys} atMs=${latest.atMs}/>`}
    ${rounds?.length > 0 && html`<${Reports} rounds=${rounds}/>`}
  </section>`;
}
