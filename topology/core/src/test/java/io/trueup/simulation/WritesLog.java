package io.trueup.simulation;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;

/** The writes partition of one replica: records in order, with gaps between offsets as transactions leave them. */
final class WritesLog {

    /** The part of a scan that a record is: its start ({@code found} is negative), a row (with a key), or its end. */
    record Scan(String id, long since, int found) {}

    /** A write event or a row of a scan; without a key a progress event, or the start or end of a scan. */
    record Event(
            long offset,
            long writtenMs,
            long appendTimeMs,
            String key,
            HeldValue held,
            String repairId,
            long progressMs,
            Scan scan) {}

    private final SplittableRandom random;
    private final List<Event> records = new ArrayList<>();
    private long endOffset;
    /** Index of the first record that is left; earlier ones are kept only for checks. */
    private int first;

    WritesLog(SplittableRandom random) {
        this.random = random;
    }

    Event append(long writtenMs, long appendTimeMs, String key, HeldValue held, String repairId) {
        return append(new Event(endOffset, writtenMs, appendTimeMs, key, held, repairId, 0, null));
    }

    Event progress(long writtenMs, long appendTimeMs, long progressMs) {
        return append(new Event(endOffset, writtenMs, appendTimeMs, null, null, null, progressMs, null));
    }

    /** A step of a scan: with a key a row. */
    Event scan(long writtenMs, long appendTimeMs, String key, HeldValue held, Scan scan) {
        return append(new Event(endOffset, writtenMs, appendTimeMs, key, held, null, 0, scan));
    }

    private Event append(Event record) {
        records.add(record);
        endOffset += random.nextInt(8) == 0 ? 2 : 1;
        return record;
    }

    long endOffset() {
        return endOffset;
    }

    int size() {
        return records.size();
    }

    /** Index of the first record that is left. */
    int first() {
        return first;
    }

    /** Deletes the records before an index. */
    void trim(int index) {
        first = Math.max(first, index);
    }

    /** Loses the records from an index on, and returns them. */
    List<Event> truncate(int index) {
        List<Event> tail = records.subList(index, records.size());
        List<Event> lost = List.copyOf(tail);
        if (!lost.isEmpty()) {
            endOffset = lost.get(0).offset();
            tail.clear();
        }
        return lost;
    }

    /** A log of its own with the same records. */
    WritesLog copy() {
        WritesLog copy = new WritesLog(random);
        copy.records.addAll(records);
        return copy;
    }

    /**
     * Offsets of the records that compaction has removed before an index: of each key all events but the last one, and deletes that
     * were written before a time.
     */
    Set<Long> compacted(int before, long deletesBeforeMs) {
        Set<Long> removed = new HashSet<>();
        Map<String, Event> last = new HashMap<>();
        for (Event event : records.subList(first, before)) {
            Event earlier = event.key() == null ? null : last.put(event.key(), event);
            if (earlier != null) {
                removed.add(earlier.offset());
            }
        }
        last.values().stream()
                .filter(event -> event.held().value() == null && event.writtenMs() < deletesBeforeMs)
                .forEach(event -> removed.add(event.offset()));
        return removed;
    }

    Event get(int index) {
        return records.get(index);
    }

    /** When the first event of a key was appended that states a value. */
    long firstAppendTimeMs(String key, HeldValue held) {
        return records.stream()
                .filter(event -> key.equals(event.key()) && held.equals(event.held()))
                .mapToLong(Event::appendTimeMs)
                .min()
                .orElse(Long.MAX_VALUE / 2);
    }

    /**
     * The value of a key in its latest write event before a time, null for none, then all values since, rows of scans included. A
     * row that states again what is known keeps it only from being dropped at the end of its own scan.
     */
    List<HeldValue> valuesSince(String key, long timeMs) {
        List<HeldValue> values = new ArrayList<>();
        values.add(null);
        Set<String> scansWithoutIt = new HashSet<>();
        for (Event event : records) {
            if (key.equals(event.key())) {
                boolean restates = event.scan() != null && event.held().equals(values.get(values.size() - 1));
                if (event.scan() == null && event.writtenMs() < timeMs) {
                    values.clear();
                }
                values.add(event.held());
                if (restates) {
                    scansWithoutIt.remove(event.scan().id());
                } else {
                    scansWithoutIt.clear();
                }
            } else if (event.key() == null && event.scan() != null) {
                if (event.scan().found() < 0) {
                    scansWithoutIt.add(event.scan().id());
                } else if (scansWithoutIt.remove(event.scan().id())) {
                    values.add(null);
                }
            }
        }
        return values;
    }

    /** The record at an offset, or null. */
    Event at(long offset) {
        int low = 0;
        int high = records.size() - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            long found = records.get(middle).offset();
            if (found == offset) {
                return records.get(middle);
            }
            if (found < offset) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return null;
    }
}
