package io.trueup.replica.entry;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Applies feed records and repairs in memory, in order, to the entries that a replica holds. The result is the rows to change in
 * one database transaction, and the write events to send after its commit. Not thread-safe.
 *
 * <p>Each applied record has its own write event, even if the next record of the batch replaces it at once: the trees of all
 * replicas then agree at every cut, no matter how their batches are divided. A record that is not applied, because an entry that is
 * as new is held, is answered with the held entry: a batch that is repeated after a crash sends the write events that the crash may
 * have prevented.
 */
public final class Batch {

    private final Map<ByteBuffer, Slot> slots = new HashMap<>();
    private final List<PendingEvent> events = new ArrayList<>();
    private final long nowMs;
    private int applied;
    private int declined;
    private int repaired;
    private int repairsDeclined;

    /**
     * @param held the entries that are held for the keys of the batch
     * @param nowMs the time by which the validity of repairs is checked
     */
    public Batch(Iterable<StoredEntry> held, long nowMs) {
        this.nowMs = nowMs;
        for (StoredEntry entry : held) {
            slots.put(ByteBuffer.wrap(entry.key()), new Slot(entry));
        }
    }

    /** Applies a feed record if it is newer than the held entry. An entry that is concurrent to the record stays. */
    public void feed(FeedRecord record) {
        Slot slot = slot(record.key());
        if (record.replaces(slot.now)) {
            slot.replace(StoredEntry.of(record));
            applied++;
        } else {
            declined++;
        }
        if (!slot.reported) {
            report(slot, slot.now, null);
        }
    }

    /** Applies a repair if its condition holds. The repair is answered in either case. */
    public void repair(Repair repair) {
        Slot slot = slot(repair.key());
        if (repair.appliesTo(slot.now, nowMs)) {
            slot.replace(StoredEntry.of(repair));
            repaired++;
        } else {
            repairsDeclined++;
        }
        report(slot, slot.now == null ? StoredEntry.nothing(repair) : slot.now, repair.id());
    }

    /** The rows to write, in order of their keys as unsigned bytes. */
    public List<Change> changes() {
        return slots.values().stream()
                .filter(slot -> slot.changed)
                .map(slot -> new Change(slot.before, slot.now))
                .sorted(Comparator.comparing(change -> change.after().key(), Arrays::compareUnsigned))
                .toList();
    }

    /** The write events to send, in order. */
    public List<PendingEvent> events() {
        return events;
    }

    /** Number of feed records that were applied. */
    public int applied() {
        return applied;
    }

    /** Number of feed records that were not applied. */
    public int declined() {
        return declined;
    }

    /** Number of repairs that were applied. */
    public int repaired() {
        return repaired;
    }

    /** Number of repairs that were not applied. */
    public int repairsDeclined() {
        return repairsDeclined;
    }

    private Slot slot(byte[] key) {
        return slots.computeIfAbsent(ByteBuffer.wrap(key), absent -> new Slot(null));
    }

    private void report(Slot slot, StoredEntry entry, String repairId) {
        events.add(new PendingEvent(entry, repairId));
        slot.reported = true;
    }

    /**
     * A row to write.
     *
     * @param before the entry that was held; null: none
     * @param after the entry to store
     */
    public record Change(StoredEntry before, StoredEntry after) {}

    /**
     * A write event to send.
     *
     * @param entry the entry that is held at this point of the batch
     * @param repairId the id of the repair that the event answers, or null
     */
    public record PendingEvent(StoredEntry entry, String repairId) {}

    /** The state of one key. */
    private static final class Slot {

        final StoredEntry before;
        StoredEntry now;
        boolean changed;

        /** Whether {@link #now} has a write event. */
        boolean reported;

        Slot(StoredEntry before) {
            this.before = before;
            this.now = before;
        }

        void replace(StoredEntry entry) {
            now = entry;
            changed = true;
            reported = false;
        }
    }
}
