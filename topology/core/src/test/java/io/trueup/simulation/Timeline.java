package io.trueup.simulation;

import java.util.PriorityQueue;

/** Simulated time: events run one after the other in order of time, then of being scheduled. */
final class Timeline {

    static final long START_MS = 1_000_000_000L;

    private record Event(long timeMs, long number, Runnable action) implements Comparable<Event> {
        @Override
        public int compareTo(Event other) {
            int order = Long.compare(timeMs, other.timeMs);
            return order != 0 ? order : Long.compare(number, other.number);
        }
    }

    private final PriorityQueue<Event> events = new PriorityQueue<>();
    private long nowMs = START_MS;
    private long scheduled;

    long nowMs() {
        return nowMs;
    }

    void at(long timeMs, Runnable action) {
        events.add(new Event(Math.max(timeMs, nowMs), scheduled++, action));
    }

    void after(long ms, Runnable action) {
        at(nowMs + ms, action);
    }

    void runUntil(long timeMs) {
        while (!events.isEmpty() && events.peek().timeMs() <= timeMs) {
            Event event = events.poll();
            nowMs = event.timeMs();
            event.action().run();
        }
        nowMs = timeMs;
    }
}
