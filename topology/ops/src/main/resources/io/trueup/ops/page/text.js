/** Numbers, times and spans in words. */
export const number = n => String(n).replace(/\B(?=(\d{3})+$)/g, '\u2009');

const CLOCK = {hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23'};

/** Local time, with the day unless it is today. */
export function time(ms) {
  const at = new Date(ms);
  return at.toDateString() === new Date().toDateString()
    ? at.toLocaleTimeString([], CLOCK)
    : at.toLocaleString([], {month: 'short', day: 'numeric', ...CLOCK});
}

export function age(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 60) {
    return `${s} s`;
  }
  return s < 3600 ? `${Math.floor(s / 60)} min ${s % 60} s` : `${Math.floor(s / 3600)} h ${Math.floor(s % 3600 / 60)} min`;
}

export const counts = map => Object.entries(map).map(([name, n]) => `${name} ${number(n)}`).join(', ');
