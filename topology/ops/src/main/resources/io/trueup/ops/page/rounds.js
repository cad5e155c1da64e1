import {h} from './vendor/preact.mjs';
import {useEffect, useRef} from './vendor/hooks.mjs';
import htm from './vendor/htm.mjs';

const html = htm.bind(h);
const HEIGHT_PX = 180;

/** Per cut, over all partitions: keys that differed, repairs sent, and repairs verified. */
function series(rounds) {
  const cuts = new Map();
  for (const round of rounds) {
    const cut = Date.parse(round.cut) / 1000;
    const sums = cuts.get(cut) ?? {differed: new Map(), sent: 0, verified: 0};
    const found = Object.values(round.different).reduce((a, b) => a + b, 0);
    sums.differed.set(round.partition, Math.max(found, sums.differed.get(round.partition) ?? 0));
    sums.sent += Object.values(round.sent).reduce((a, b) => a + b, 0);
    sums.verified += round.verified;
    cuts.set(cut, sums);
  }
  const times = [...cuts.keys()].sort((a, b) => a - b);
  return [
    times,
    times.map(cut => [...cuts.get(cut).differed.values()].reduce((a, b) => a + b, 0)),
    times.map(cut => cuts.get(cut).sent),
    times.map(cut => cuts.get(cut).verified),
  ];
}

function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

export function Rounds({rounds}) {
  const box = useRef(null);
  const chart = useRef(null);
  const data = series(rounds);
  useEffect(() => {
    const axis = {stroke: color('--dim'), grid: {stroke: color('--line'), width: 1}, ticks: {stroke: color('--line'), width: 1}};
    const line = (label, name) => ({label, stroke: color(name), width: 2, points: {show: false}, paths: uPlot.paths.stepped({align: 1})});
    chart.current = new uPlot({
      width: box.current.clientWidth,
      height: HEIGHT_PX,
      scales: {y: {range: (plot, min, max) => [0, Math.max(4, max * 1.1)]}},
      axes: [axis, {...axis, size: 60}],
      series: [{label: 'cut'}, line('differed', '--different'), line('repairs sent', '--repairing'), line('verified', '--equal')],
    }, data, box.current);
    const observer = new ResizeObserver(() => chart.current.setSize({width: box.current.clientWidth, height: HEIGHT_PX}));
    observer.observe(box.current);
    return () => { observer.disconnect(); chart.current.destroy(); };
  }, []);
  useEffect(() => chart.current?.setData(data), [rounds]);
  const differed = data[1].at(-1) ?? 0;
  return html`<section aria-labelledby="rounds">
    <h2 id="rounds">Rounds</h2>
    ${rounds.length === 0 && html`<p class="dim">No round was reported yet.</p>`}
    <div class="chart" ref=${box} role="img" aria-label="Keys that differed, repairs sent and verified, by cut; ${differed} differed at the last one"></div>
  </section>`;
}
