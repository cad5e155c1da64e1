/**
 * The status and the sums of the cuts, read again when the job says that something has changed; again and again where it sends no events.
 * What was read last stays when a read fails.
 */
const EVERY_MS = 2000;
const LONGEST_WAIT_MS = 10_000;
const TIMEOUT_MS = 10_000;

export async function get(path) {
  const answer = await fetch(path, {
    headers: {Accept: 'application/json'}, cache: 'no-store', signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (!answer.ok) {
    const problem = await answer.json().catch(() => ({}));
    throw new Error(problem.detail ?? problem.title ?? `${answer.status} ${answer.statusText}`);
  }
  return answer.json();
}

/** The name of the event of the window for each event of the job about an audit. */
export const AUDIT_EVENT = 'trueup-audit';

/** How often the status is read all the same while events say when something has changed. */
const EVERY_WITH_EVENTS_MS = 10_000;
const READ_AFTER_EVENT_MS = 500;
const CONNECT_AGAIN_MS = 60_000;

/**
 * Calls back when something has changed, as long as the job sends events; also when it begins to send them, since those before are lost.
 * Returns whether it does, and what ends it.
 */
function listen(callback) {
  let source;
  let timer;
  function connect() {
    source = new EventSource('api/v1/events');
    source.addEventListener('open', callback);
    source.addEventListener('round', callback);
    source.addEventListener('state', callback);
    source.addEventListener('audit', event => dispatchEvent(new CustomEvent(AUDIT_EVENT, {detail: JSON.parse(event.data)})));
    source.onerror = () => { // the browser connects again by itself, unless the answer was a refusal
      if (source.readyState === EventSource.CLOSED) {
        timer = setTimeout(connect, CONNECT_AGAIN_MS);
      }
    };
  }
  connect();
  return {isOpen: () => source.readyState === EventSource.OPEN, end: () => { clearTimeout(timer); source.close(); }};
}

/** Calls back with {status, cuts, readMs, failure} after each read. Returns what ends it. */
export function follow(callback) {
  let last = {status: null, cuts: [], readMs: null, failure: null};
  let waitMs = EVERY_MS;
  let timer;
  let ended = false;
  let reading = false;
  let dueMs = 0;
  function readIn(ms) {
    clearTimeout(timer);
    dueMs = Date.now() + ms;
    timer = setTimeout(read, ms);
  }
  let changedMs = -Infinity;
  const events = listen(() => {
    changedMs = performance.now();
    if (!reading && !document.hidden && dueMs > Date.now() + READ_AFTER_EVENT_MS) {
      readIn(READ_AFTER_EVENT_MS);
    }
  });
  async function read() {
    reading = true;
    const beganMs = performance.now();
    try {
      const [summary, {partitions}, {cuts}] = await Promise.all(
        [get('api/v1/status'), get('api/v1/partitions'), get('api/v1/cuts?limit=240')]);
      const failure = summary.current ? null : 'The job cannot read the rounds topic; its log says why.';
      last = {status: {...summary, partitions}, cuts, readMs: failure && last.readMs ? last.readMs : Date.now(), failure};
      waitMs = EVERY_MS;
    } catch (e) {
      last = {...last, failure: e.name === 'TimeoutError' ? 'No answer.' : e.message || 'No answer.'};
      waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS);
    }
    reading = false;
    if (!ended) {
      callback(last);
      const pause = document.hidden ? LONGEST_WAIT_MS : waitMs;
      const followed = last.failure === null && events.isOpen();
      const missed = changedMs >= beganMs && !document.hidden; // it changed while it was read
      readIn(followed ? missed ? READ_AFTER_EVENT_MS : EVERY_WITH_EVENTS_MS : pause);
    }
  }
  read();
  return () => { ended = true; clearTimeout(timer); events.end(); };
}
