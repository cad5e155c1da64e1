import {h} from './vendor/preact.mjs';
import {useEffect, useRef, useState} from './vendor/hooks.mjs';
import htm from './vendor/htm.mjs';
import {get} from './feed.js';
import {Scroll, partitionPlace, roundPlace} from './places.js';
import {counts, number, time} from './text.js';

const html = htm.bind(h);
const LIMIT = 1000;
const SHOWN = 200;

const sums = counts => Object.values(counts).reduce((a, b) => a + b, 0);

/** What comes first in the list: what differed or was not compared. */
const weight = report => (report.outcome === 'EQUAL' ? 0 : 1) + sums(report.different);

function Reports({reports, expected}) {
  const notable = reports.filter(report => weight(report) > 0).sort((a, b) => weight(b) - weight(a) || a.partition - b.partition);
  const equal = reports.length - notable.length;
  return html`
    <p>${number(equal)} reports say that all was equal.${reports.length < expected && ` ${number(reports.length)} of ${number(expected)} reports are shown here.`}</p>
    ${notable.length > SHOWN && html`<p>${number(SHOWN)} of the other ${number(notable.length)} are listed.</p>`}
    ${notable.length > 0 && html`<${Scroll} label="Reports of the round"><table class="plain">
      <thead><tr><th scope="col">partition</th><th scope="col">replica</th><th scope="col">outcome</th><th scope="col">differed</th><th scope="col">sent</th>
        <th scope="col" class="n">verified</th><th scope="col">note</th></tr></thead>
      <tbody>${notable.slice(0, SHOWN).map(report => html`<tr><th scope="row"><a href=${partitionPlace(report.partition)}>Partition ${report.partition}</a></th><td>${report.replica}</td>
        <td>${report.outcome}</td><td>${counts(report.different)}</td><td>${counts(report.sent)}</td><td class="n">${report.verified ? number(report.verified) : ''}</td>
        <td>${report.note ?? ''}</td></tr>`)}</tbody>
    </table></${Scroll}>`}`;
}

/** One round: what its reports add up to, and those that say more than that all was equal. */
export function Round({cut, cuts}) {
  const heading = useRef(null);
  const [own, setOwn] = useState({});
  const at = cuts.findIndex(one => one.cut === cut);
  const found = cuts[at];
  useEffect(() => heading.current?.focus(), [cut]);
  useEffect(() => {
    let ended = false;
    get(`api/v1/rounds?limit=${LIMIT}&cut=${encodeURIComponent(cut)}`).then(
      ({rounds}) => ended || setOwn({of: cut, reports: rounds}),
      e => ended || setOwn(last => ({of: cut, reports: last.of === cut ? last.reports : undefined, failure: e.message || 'No answer.'})));
    return () => { ended = true; };
  }, [cut, found?.reports]);
  const {reports, failure} = own.of === cut ? own : {};
  const beside = (step, words) => cuts[at + step] && at >= 0 && html`<a href=${roundPlace(cuts[at + step].cut)}>${words}</a>`;
  return html`<section class="panel" aria-labelledby="round">
    <nav aria-label="Where you are"><ol class="crumbs"><li><a href="#/">All partitions</a></li><li><a href=${roundPlace(cut)} aria-current="page">Round of ${time(Date.parse(cut))}</a></li></ol></nav>
    <h2 id="round" tabindex="-1" ref=${heading}><span>Round of ${time(Date.parse(cut))}</span><button onClick=${() => { location.hash = ''; }}>Close</button></h2>
    <p class="tools">${beside(-1, 'The round before')} ${beside(1, 'The round after')}</p>
    ${found && html`<dl class="facts"><dt>Cut</dt><dd><time datetime=${cut}>${cut}</time></dd>
      <dt>Reports</dt><dd>${number(found.reports)} of ${number(found.expected)}: ${counts(found.outcomes)}</dd>
      <dt>Differed</dt><dd>${counts(found.different) || 'nothing'}</dd><dt>Repairs sent</dt><dd>${counts(found.sent) || 'none'}</dd>
      <dt>Verified</dt><dd>${number(found.verified)}</dd><dt>Control bytes</dt><dd>${number(found.controlBytes)}</dd></dl>`}
    ${failure && html`<p class="lost" role="alert">The reports of the round could not be read. ${failure}</p>`}
    ${!reports && !failure && html`<p role="status">Reading the reports of the round …</p>`}
    ${reports && (reports.length === 0
      ? html`<p>The reports of this round are no longer kept here, or there was none. In a terminal: <code>trueup history</code>.</p>`
      : html`<${Reports} reports=${reports} expected=${found?.reports ?? reports.length}/>`)}
  </section>`;
}
