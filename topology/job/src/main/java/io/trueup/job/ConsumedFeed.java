package io.trueup.job;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Derives from end offsets and committed offsets of a feed, taken again and again, up to which time the feed is consumed: what
 * lay before an end offset had been appended before that offset was asked for. So no timestamp of a record is needed. The
 * partition that is furthest behind counts. Not thread-safe.
 */
final class ConsumedFeed {

    static final long UNKNOWN = Long.MIN_VALUE;
    /** Per partition. Beyond that every second one is dropped: the result is then a little further behind. */
    private static final int MAX_ENDS = 2_000;

    private final Map<Integer, Deque<End>> ends = new HashMap<>();
    private long lastMs = UNKNOWN;

    /** A partition had ended at an offset at a time, or later. */
    private record End(long atMs, long offset) {}

    /**
     * Takes in what was seen.
     *
     * @param atMs before these offsets were asked for; if it is not after the last one, all earlier times are forgotten
     * @param latest for each partition of the feed, its end offset
     * @param committed for each partition, the offset that the group has committed, asked for after the end offsets; none
     *     if the group has committed nothing in it
     * @return everything that was in the feed at this time is consumed; {@link #UNKNOWN} if that cannot be said
     */
    long seen(long atMs, Map<Integer, Long> latest, Map<Integer, Long> committed) {
        if (atMs < lastMs) {
            ends.clear();
        }
        lastMs = atMs;
        ends.keySet().retainAll(latest.keySet());
        long consumedMs = latest.isEmpty() ? UNKNOWN : atMs;
        for (Map.Entry<Integer, Long> partition : latest.entrySet()) {
            Deque<End> ofPartition = ends.computeIfAbsent(partition.getKey(), p -> new ArrayDeque<>());
            add(ofPartition, new End(atMs, partition.getValue()));
            consumedMs = Math.min(consumedMs, consumed(ofPartition, committed.getOrDefault(partition.getKey(), 0L)));
        }
        return consumedMs;
    }

    private static void add(Deque<End> ends, End end) {
        if (!ends.isEmpty() && ends.getLast().offset() > end.offset()) {
            ends.clear(); // the feed was created again, or has lost records
        }
        if (!ends.isEmpty() && ends.getLast().offset() == end.offset()) {
            ends.removeLast();
        }
        ends.addLast(end);
        if (ends.size() > MAX_ENDS) {
            List<End> all = new ArrayList<>(ends);
            ends.clear();
            for (int i = all.size() % 2 == 0 ? 1 : 0; i < all.size(); i += 2) {
                ends.addLast(all.get(i));
            }
        }
    }

    /** The latest time whose end offset is committed; earlier ones are not needed any longer. */
    private static long consumed(Deque<End> ends, long committed) {
        End last = null;
        while (!ends.isEmpty() && ends.getFirst().offset() <= committed) {
            last = ends.removeFirst();
        }
        if (last == null) {
            return UNKNOWN;
        }
        ends.addFirst(last);
        return last.atMs();
    }
}
