import {h} from './vendor/preact.mjs';
import {useEffect, useRef} from './vendor/hooks.mjs';
import htm from './vendor/htm.mjs';

const html = htm.bind(h);
const HEIGHT_PX = 180;

const total = counts => Object.values(counts).reduce((a, b) => a + b, 0);

/** Per cut, over all partitions: keys that differed, repairs sent, and repairs verified. Without a last cut that is still being reported. */
function series(cuts) {
  const whole = cuts.length > 1 && cuts.at(-1).reports < cuts.at(-1).expected ? cuts.slice(0, -1) : cuts;
  return [
    whole.map(cut => Date.parse(cut.cut) / 1000),
    whole.map(cut => total(cut.different)),
    whole.map(cut => total(cut.sent)),
    whole.map(cut => cut.verified),
  ];
}

function color(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

export function Rounds({cuts}) {
  const box = useRef(null);
  const chart = useRef(null);
  const data = series(cuts);
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
  useEffect(() => chart.current?.setData(data, chart.current.cursor.left < 0), [cuts]);
  const differed = data[1].at(-1) ?? 0;
  return html`<section aria-labelledby="rounds">
    <h2 id="rounds">Rounds</h2>
    ${cuts.length === 0 && html`<p class="dim">No round was reported yet.</p>`}
    <div class="chart" ref=${box} role="img" aria-label="Keys that differed, repairs sent and verified, by cut; ${differed} differed at the last one"></div>
  </section>`;
}
