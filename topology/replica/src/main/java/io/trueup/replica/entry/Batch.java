package io.trueup.replica.entry;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Feed records and repairs applied, in order and in memory, to what is held. Gives the rows to change, in one database
 * transaction, and the write events to send after it.
 *
 * <p>Each applied record gets its own write event, also where the next record of the batch replaces it at once: then the trees of all
 * replicas agree at every cut, however their batches fall. A record that is not applied, because something as new is held,
 * is answered with what is held: a batch that is repeated after a crash so sends what the crash may have kept from being sent.
 */
public final class Batch {

    private final Map<ByteBuffer, Slot> slots = new HashMap<>();
    private final List<Answer> answers = new ArrayList<>();
    private final long nowMs;
    private int applied;
    private int declined;
    private int repaired;
    private int repairsDeclined;

    /**
     * @param held what is held for the keys of the batch
     * @param nowMs decides whether repairs are still valid
     */
    public Batch(Iterable<StoredEntry> held, long nowMs) {
        this.nowMs = nowMs;
        for (StoredEntry entry : held) {
            slots.put(ByteBuffer.wrap(entry.key()), new Slot(entry));
        }
    }

    /** Applies a record of the feed if it is newer than what is held. What is concurrent to it stays. */
    public void feed(FeedRecord record) {
        Slot slot = slot(record.key());
        if (record.replaces(slot.now)) {
            slot.replace(StoredEntry.of(record));
            applied++;
        } else {
            declined++;
        }
        if (!slot.told) {
            answer(slot, slot.now, null);
        }
    }

    /** Applies a repair if its condition holds, and answers it in any case. */
    public void repair(Repair repair) {
        Slot slot = slot(repair.key());
        if (repair.appliesTo(slot.now, nowMs)) {
            slot.replace(StoredEntry.of(repair));
            repaired++;
        } else {
            repairsDeclined++;
        }
        answer(slot, slot.now == null ? StoredEntry.nothing(repair) : slot.now, repair.id());
    }

    /** The rows that are now other than at the beginning, in order of their keys. */
    public List<Change> changes() {
        return slots.values().stream()
                .filter(slot -> slot.changed)
                .map(slot -> new Change(slot.before, slot.now))
                .sorted(Comparator.comparing(change -> change.after().key(), Arrays::compareUnsigned))
                .toList();
    }

    /** The write events to send, in order. */
    public List<Answer> answers() {
        return answers;
    }

    public int applied() {
        return applied;
    }

    public int declined() {
        return declined;
    }

    public int repaired() {
        return repaired;
    }

    public int repairsDeclined() {
        return repairsDeclined;
    }

    private Slot slot(byte[] key) {
        return slots.computeIfAbsent(ByteBuffer.wrap(key), absent -> new Slot(null));
    }

    private void answer(Slot slot, StoredEntry entry, String repairId) {
        answers.add(new Answer(entry, repairId));
        slot.told = true;
    }

    /**
     * A row to write.
     *
     * @param before what was held; null: nothing
     * @param after what is to be held
     */
    public record Change(StoredEntry before, StoredEntry after) {}

    /**
     * A write event to send.
     *
     * @param entry what is held at this point of the batch
     * @param repairId the repair that it answers, or null
     */
    public record Answer(StoredEntry entry, String repairId) {}

    /** One key. */
    private static final class Slot {

        final StoredEntry before;
        StoredEntry now;
        boolean changed;
        boolean told;

        Slot(StoredEntry before) {
            this.before = before;
            this.now = before;
        }

        void replace(StoredEntry entry) {
            now = entry;
            changed = true;
            told = false;
        }
    }
}
