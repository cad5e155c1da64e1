/** The status and the sums of the cuts, read again and again. What was read last stays when a read fails. */
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

/** Calls back with {status, cuts, readMs, failure} after each read. Returns what ends it. */
export function follow(callback) {
  let last = {status: null, cuts: [], readMs: null, failure: null};
  let waitMs = EVERY_MS;
  let timer;
  let ended = false;
  async function read() {
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
    if (!ended) {
      callback(last);
      timer = setTimeout(read, document.hidden ? LONGEST_WAIT_MS : waitMs);
    }
  }
  read();
  return () => { ended = true; clearTimeout(timer); };
}
