package io.trueup.reconcile.decision;

import io.trueup.tree.Entry;
import io.trueup.tree.EntryTable;
import io.trueup.tree.FieldWriter;
import io.trueup.tree.Hash128;
import io.trueup.tree.NoteReader;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Predicate;

/**
 * The keys that this replica still holds although another owner has deleted them. It has not agreed to these deletes: if it leaves the
 * partition before it has applied them, the other owners forget them without it. At most {@value #MAX_KEYS} keys are known one by
 * one. Noted beside the entries. Not thread-safe.
 */
public final class OpenDeletes {

    static final int MAX_KEYS = 1_000;
    // The name of the note is part of the stored state.
    private static final String NOTE = "open deletes";
    private static final byte VERSION = 1;

    private final EntryTable table;
    private final Map<Hash128, Long> sinceMs = new HashMap<>();
    private boolean changed;

    /** Reads what was noted. */
    public OpenDeletes(EntryTable table) {
        this.table = table;
        byte[] note = table.note(NOTE);
        if (note != null) {
            NoteReader in = new NoteReader(NOTE, note, VERSION);
            while (!in.atEnd()) {
                Hash128 keyHash = Hash128.fromBytes(in.bytes());
                sinceMs.put(keyHash, in.number());
            }
        }
    }

    /**
     * Another owner has deleted a key that this replica holds. To be noted by {@link #save}.
     *
     * @param deletedMs since when it keeps the delete
     * @return whether it is known now; false: there is no room for it
     */
    public boolean add(Hash128 keyHash, long deletedMs) {
        Long before = sinceMs.get(keyHash);
        if (before == null && sinceMs.size() >= MAX_KEYS) {
            return false;
        }
        if (before == null || deletedMs < before) {
            sinceMs.put(keyHash, deletedMs);
            changed = true;
        }
        return true;
    }

    /** Forgets the deletes that are over: they are applied, or the others hold the key, too. To be noted by {@link #save}. */
    public void removeIf(Predicate<Hash128> isOver) {
        changed |= sinceMs.keySet().removeIf(isOver);
    }

    /** Since when the earliest of them is kept; {@link Entry#NEVER} if there is none. */
    public long earliestMs() {
        return sinceMs.values().stream().mapToLong(Long::longValue).reduce(Entry.NEVER, Math::min);
    }

    /** Notes what has changed since the last call. */
    public void save() {
        if (changed) {
            FieldWriter out = new FieldWriter().tag(VERSION);
            sinceMs.forEach((keyHash, since) -> out.bytes(keyHash.toBytes()).number(since));
            table.note(NOTE, sinceMs.isEmpty() ? null : out.toBytes());
            changed = false;
        }
    }
}
