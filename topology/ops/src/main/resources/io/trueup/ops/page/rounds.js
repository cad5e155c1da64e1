import {h} from './vendor/preact.mjs';
import {useEffect, useRef, useState} from './vendor/hooks.mjs';
import htm from './vendor/htm.mjs';
import {roundPlace} from './places.js';
import {counts as words, time} from './text.js';

const html = htm.bind(h);
const HEIGHT_PX = 180;
/** Kinds of differences, each with its colour; those that the reports name and this page does not know come last. */
const KINDS = ['MISSING', 'STALE', 'UNDELETED', 'CORRUPT', 'CONFLICT'];

const total = counts => Object.values(counts).reduce((a, b) => a + b, 0);

/** The cuts without a last one that is still being reported. */
const whole = cuts => cuts.length > 1 && cuts.at(-1).reports < cuts.at(-1).expected ? cuts.slice(0, -1) : cuts;

/** The kinds that occur, the known ones first. */
function kindsOf(cuts) {
  const found = new Set(cuts.flatMap(cut => Object.keys(cut.different)));
  return [...KINDS.filter(kind => found.has(kind)), ...[...found].filter(kind => !KINDS.includes(kind)).sort()];
}

/** Per cut, over all partitions: the differences of each kind, repairs sent, and repairs verified. */
const rows = (cuts, kinds) => [
  ...kinds.map(kind => cuts.map(cut => cut.different[kind] ?? 0)),
  cuts.map(cut => total(cut.sent)),
  cuts.map(cut => cut.verified),
];

/** As the chart draws it: each kind on top of those behind it in the list. What comes first is drawn first, so it must reach highest. */
function stacked(cuts, kinds) {
  const own = rows(cuts, kinds);
  const sums = kinds.map((kind, i) => cuts.map((cut, x) => own.slice(i, kinds.length).reduce((sum, row) => sum + row[x], 0)));
  return [cuts.map(cut => Date.parse(cut.cut) / 1000), ...sums, ...own.slice(kinds.length)];
}

const DARK = matchMedia('(prefers-color-scheme: dark)');

const color = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const kindColor = kind => color(KINDS.includes(kind) ? `--kind-${kind.toLowerCase()}` : '--unknown');

function chartOf(box, kinds, shown) {
  const axis = {stroke: color('--dim'), grid: {stroke: color('--line'), width: 1}, ticks: {stroke: color('--line'), width: 1}};
  const stepped = {points: {show: false}, paths: uPlot.paths.stepped({align: 1})};
  const value = (plot, drawn, series, at) => at === null || at === undefined ? '--' : shown.current[series - 1][at]; // not what it is stacked on
  const kind = name => ({...stepped, label: name.toLowerCase(), stroke: kindColor(name), fill: kindColor(name), width: 1, value});
  const line = (label, name) => ({...stepped, label, stroke: color(name), width: 2, value});
  return new uPlot({
    width: box.clientWidth,
    height: HEIGHT_PX,
    scales: {y: {range: (plot, min, max) => [0, Math.max(4, max * 1.1)]}},
    axes: [axis, {...axis, size: 60}],
    series: [{label: 'cut'}, ...kinds.map(kind), line('repairs sent', '--repairing'), line('verified', '--equal')],
  }, Array.from({length: kinds.length + 3}, () => []), box);
}

/** What the reports of a cut add up to, in words. */
const summary = cut => `${words(cut.different) || 'no differences'}; ${total(cut.sent)} sent, ${cut.verified} verified`;

/**
 * The rounds over time: differences stacked by kind, repairs sent and verified. A click opens the round; for the keyboard the chart is a slider
 * whose arrows choose a round, and Enter opens it.
 */
export function Rounds({cuts}) {
  const box = useRef(null);
  const opened = useRef(null); // the rounds as the chart shows them, for a click
  const [chosen, setChosen] = useState(null);
  const chart = useRef(null);
  const shown = useRef([]);
  const [dark, setDark] = useState(DARK.matches);
  const reported = whole(cuts);
  const kinds = kindsOf(reported);
  useEffect(() => {
    const changed = () => setDark(DARK.matches);
    DARK.addEventListener('change', changed);
    return () => DARK.removeEventListener('change', changed);
  }, []);
  useEffect(() => {
    chart.current = chartOf(box.current, kinds, shown);
    chart.current.over.addEventListener('click', () => open(opened.current[chart.current.cursor.idx]));
    const observer = new ResizeObserver(() => chart.current.setSize({width: box.current.clientWidth, height: HEIGHT_PX}));
    observer.observe(box.current);
    return () => { observer.disconnect(); chart.current.destroy(); };
  }, [kinds.join(' '), dark]);
  useEffect(() => {
    shown.current = rows(reported, kinds);
    chart.current.setData(stacked(reported, kinds), chart.current.cursor.left < 0);
  }, [cuts, kinds.join(' '), dark]);
  opened.current = reported;
  const last = reported.at(-1);
  const at = Math.max(0, chosen === null ? reported.length - 1 : reported.findIndex(cut => cut.cut === chosen));
  function open(cut) {
    if (cut) {
      location.hash = roundPlace(cut.cut);
    }
  }
  function choose(index) {
    const next = Math.min(reported.length - 1, Math.max(0, index));
    setChosen(reported[next].cut);
    const plot = chart.current;
    plot.setCursor({left: plot.valToPos(Date.parse(reported[next].cut) / 1000, 'x'), top: 0});
  }
  function move(event) {
    const steps = {ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10, Home: -reported.length, End: reported.length};
    if (event.key === 'Enter') {
      event.preventDefault();
      open(reported[at]);
    } else if (steps[event.key]) {
      event.preventDefault();
      choose(at + steps[event.key]);
    }
  }
  const slider = reported.length > 0 && {
    role: 'slider', tabindex: 0, 'aria-label': 'Round; Enter opens it', 'aria-orientation': 'horizontal', 'aria-describedby': 'rounds-last',
    'aria-valuemin': 0, 'aria-valuemax': reported.length - 1, 'aria-valuenow': at,
    'aria-valuetext': `Round of ${time(Date.parse(reported[at].cut))}: ${summary(reported[at])}`, onKeyDown: move,
  };
  return html`<section aria-labelledby="rounds">
    <h2 id="rounds">Rounds</h2>
    ${cuts.length === 0 && html`<p class="dim">No round was reported yet.</p>`}
    <p class="unseen" id="rounds-last">Differences by kind, repairs sent and verified, by cut. ${last ? `At the last one: ${summary(last)}.` : ''}</p>
    <div class="chart" ref=${box} ...${slider}></div>
    ${reported.length > 0 && html`<p class="dim">A click on the chart opens the round. With the keyboard, the arrows choose one, and Enter opens it.</p>`}
  </section>`;
}
