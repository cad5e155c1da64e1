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

    /**
     * A write event or a row of a scan; without a key a progress event, or the start or end of a scan.
     *
     * @param held what the datastore held
     * @param unreadable whether nothing but the key can be read
     */
    record Event(
            long offset,
            long writtenMs,
            long appendTimeMs,
            String key,
            HeldValue held,
            String repairId,
            long progressMs,
            Scan scan,
            boolean unreadable) {}

    private final String replica;
    private final SplittableRandom random;
    private final List<Event> records = new ArrayList<>();
    private long endOffset;
    /** Index of the first record that is left; earlier ones are kept only for checks. */
    private int first;

    WritesLog(String replica, SplittableRandom random) {
        this.replica = replica;
        this.random = random;
    }

    Event append(long writtenMs, long appendTimeMs, String key, HeldValue held, String repairId, boolean unreadable) {
        return append(new Event(endOffset, writtenMs, appendTimeMs, key, held, repairId, 0, null, unreadable));
    }

    Event progress(long writtenMs, long appendTimeMs, long progressMs) {
        return append(new Event(endOffset, writtenMs, appendTimeMs, null, null, null, progressMs, null, false));
    }

    /** A step of a scan: with a key a row. */
    Event scan(long writtenMs, long appendTimeMs, String key, HeldValue held, Scan scan, boolean unreadable) {
        return append(new Event(endOffset, writtenMs, appendTimeMs, key, held, null, 0, scan, unreadable));
    }

    /** What an event states as far as it can be read. */
    HeldValue stated(Event event) {
        return event.unreadable() ? HeldValue.unread(replica, event.offset(), event.appendTimeMs()) : event.held();
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
        WritesLog copy = new WritesLog(replica, random);
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
                .filter(event -> stated(event).value() == null && event.writtenMs() < deletesBeforeMs)
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
                HeldValue stated = stated(event);
                HeldValue last = values.get(values.size() - 1);
                boolean restates = event.scan() != null
                        && (stated.equals(last) || stated.isUnread() && last != null && last.isUnread());
                if (event.scan() == null && event.writtenMs() < timeMs) {
                    values.clear();
                }
                values.add(restates ? last : stated);
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

    /**
     * What write events of a key have replaced before a time that were ahead of theirs: nobody dates these, so they count from the moment
     * when they are read, and the replaced value until then.
     */
    List<HeldValue> replacedByThoseAhead(String key, long timeMs, long graceMs) {
        List<HeldValue> replaced = new ArrayList<>();
        HeldValue last = null;
        for (Event event : records) {
            if (key.equals(event.key()) && event.scan() == null && event.writtenMs() < timeMs) {
                if (event.held().positionMs() > event.writtenMs() + graceMs) {
                    replaced.add(last);
                } else {
                    replaced.clear();
                }
                last = stated(event);
            }
        }
        return replaced;
    }

    /** The events of a key that cannot be read. */
    List<Event> unreadable(String key) {
        return records.stream()
                .filter(event -> event.unreadable() && key.equals(event.key()))
                .toList();
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
