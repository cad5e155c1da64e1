/**
 * The status and the rounds, read again and again. What was read last stays when a read fails, with its age.
 */
const EVERY_MS = 2000;
const LONGEST_WAIT_MS = 10_000;

async function get(path) {
  const answer = await fetch(path, {headers: {Accept: 'application/json'}, cache: 'no-store'});
  if (!answer.ok) {
    const problem = await answer.json().catch(() => ({}));
    throw new Error(problem.detail ?? problem.title ?? `${answer.status} ${answer.statusText}`);
  }
  return answer.json();
}

/** Calls back with {status, rounds, readMs, failure} after each read. Returns what ends it. */
export function follow(callback) {
  let last = {status: null, rounds: [], readMs: null, failure: null};
  let waitMs = EVERY_MS;
  let timer;
  async function read() {
    try {
      const [summary, {partitions}, {rounds}] = await Promise.all(
        [get('api/v1/status'), get('api/v1/partitions'), get('api/v1/rounds?limit=1000')]);
      const failure = summary.current ? null : 'The rounds topic cannot be read; the log of the job says why.';
      last = {status: {...summary, partitions}, rounds, readMs: failure ? last.readMs ?? Date.now() : Date.now(), failure};
      waitMs = EVERY_MS;
    } catch (e) {
      last = {...last, failure: e.message || 'no answer'};
      waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS);
    }
    callback(last);
    timer = setTimeout(read, document.hidden ? LONGEST_WAIT_MS : waitMs);
  }
  read();
  return () => clearTimeout(timer);
}
