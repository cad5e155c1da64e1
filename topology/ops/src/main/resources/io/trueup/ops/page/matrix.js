import {h} from './vendor/preact.mjs';
import {useEffect, useRef, useState} from './vendor/hooks.mjs';
import htm from './vendor/htm.mjs';
import {STATES, cellOf, rank, stateOf} from './states.js';
import {number} from './text.js';

const html = htm.bind(h);
const LABEL_PX = 40;
/** With more cells than this they are drawn small, so that 5 × 256 fit on a laptop. */
const MAX_LARGE_CELLS = 400;

/** Partitions across, replicas down. Where the partitions do not fit into one row of the page, they go on in further bands. */
export function Matrix({status, shown}) {
  const [worstFirst, setWorstFirst] = useState(false);
  const [columns, setColumns] = useState(64);
  const [at, setAt] = useState([0, 0]);
  const box = useRef(null);
  const small = status.partitions.length * status.replicas.length > MAX_LARGE_CELLS;
  useEffect(() => {
    const cellPx = small ? 15 : 21;
    const fit = () => setColumns(Math.max(8, Math.floor((box.current.clientWidth - LABEL_PX) / cellPx / 8) * 8));
    const observer = new ResizeObserver(fit);
    observer.observe(box.current);
    fit();
    return () => observer.disconnect();
  }, [small]);
  const replicas = status.replicas.map(replica => replica.replica);
  const partitions = worstFirst
    ? [...status.partitions].sort((a, b) => rank(a.state) - rank(b.state) || a.partition - b.partition)
    : status.partitions;
  const bands = [];
  for (let first = 0; first < partitions.length; first += columns) {
    bands.push(partitions.slice(first, first + columns));
  }
  const counted = {};
  partitions.forEach(partition => replicas.forEach(replica => {
    const state = cellOf(partition, replica);
    counted[state] = (counted[state] ?? 0) + 1;
  }));

  if (at[0] >= replicas.length || at[1] >= partitions.length) {
    setAt([0, 0]);
  }

  function move(event) {
    const steps = {ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0], Home: [0, -at[1]], End: [0, partitions.length]};
    const step = steps[event.key];
    if (!step) {
      return;
    }
    event.preventDefault();
    const row = Math.min(replicas.length - 1, Math.max(0, at[0] + step[0]));
    const column = Math.min(partitions.length - 1, Math.max(0, at[1] + step[1]));
    setAt([row, column]);
    box.current.querySelector(`[data-at="${row},${column}"]`)?.focus();
  }

  return html`<section aria-labelledby="matrix">
    <h2 id="matrix">Partitions</h2>
    <div class="tools">
      <ul class="legend">${Object.keys(STATES).filter(name => counted[name]).map(name => html`
        <li class=${stateOf(name).style}><span class="cell" aria-hidden="true">${stateOf(name).glyph}</span>${stateOf(name).words} ${number(counted[name])}</li>`)}</ul>
      <label><input type="checkbox" checked=${worstFirst} onChange=${event => setWorstFirst(event.target.checked)}/> worst first</label>
    </div>
    <div ref=${box} class=${small ? 'small' : ''} role="grid" aria-label="Replicas by partition" aria-rowcount=${replicas.length} aria-colcount=${partitions.length} onKeyDown=${move}>
      ${bands.map((band, b) => html`<div class="band" role="presentation"><table role="presentation">
        <thead role="presentation"><tr role="presentation"><td></td>${band.map((partition, c) => html`<th role="presentation">${c % 8 === 0 && !worstFirst ? partition.partition : ''}</th>`)}</tr></thead>
        <tbody role="presentation">${replicas.map((replica, r) => html`<tr role="row" aria-rowindex=${r + 1}>
          <th role="rowheader">${replica}</th>
          ${band.map((partition, c) => {
            const column = b * columns + c;
            const state = stateOf(cellOf(partition, replica));
            return html`<td role="gridcell" aria-colindex=${column + 1} class=${state.style}><button class="cell" data-at="${r},${column}"
              tabindex=${at[0] === r && at[1] === column ? 0 : -1} aria-pressed=${partition.partition === shown}
              aria-label="partition ${partition.partition}, ${replica}: ${state.words}" title="partition ${partition.partition}, ${replica}: ${state.words}"
              onFocus=${() => setAt([r, column])}
              onClick=${() => { location.hash = `#/partitions/${partition.partition}`; }}>${state.glyph}</button></td>`;
          })}
        </tr>`)}</tbody>
      </table></div>`)}
    </div>
  </section>`;
}
