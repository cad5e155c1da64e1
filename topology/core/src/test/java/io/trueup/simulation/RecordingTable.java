package io.trueup.simulation;

import io.trueup.reconcile.settings.Settings;
import io.trueup.tree.Entry;
import io.trueup.tree.EntryTable;
import io.trueup.tree.EntryTree;
import io.trueup.tree.Hash128;
import io.trueup.tree.KeyedHash;
import io.trueup.tree.MapTable;
import io.trueup.tree.Windows;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** Entries in memory with their history: from it follows what the tree of each cut must be. */
final class RecordingTable implements EntryTable {

    private final TreeMap<Hash128, Entry> entries;
    private final TreeMap<Hash128, List<Entry>> history = new TreeMap<>();
    private final TreeMap<String, byte[]> notes = new TreeMap<>();
    /** The effective times of entries in the history, as they are stored. */
    private final IdentityHashMap<Entry, Long> storedMs = new IdentityHashMap<>();

    private long scans;

    /** The first time after the sealed cut. */
    private long unsealedMs = Long.MIN_VALUE;

    RecordingTable() {
        this(new TreeMap<>());
    }

    private RecordingTable(TreeMap<Hash128, Entry> entries) {
        this.entries = entries;
    }

    /** A copy, as a table that is opened again. Its history still counts for cuts that are not sealed yet. */
    RecordingTable reopened() {
        RecordingTable copy = new RecordingTable(new TreeMap<>(entries));
        copy.notes.putAll(notes);
        history.forEach((hash, held) -> copy.history.put(hash, new ArrayList<>(held)));
        copy.storedMs.putAll(storedMs);
        return copy;
    }

    /** A table without entries that has the same notes. */
    RecordingTable withoutEntries() {
        RecordingTable empty = new RecordingTable();
        empty.notes.putAll(notes);
        return empty;
    }

    /**
     * A tree is built at a time: what was effective far ahead of it, by a clock that was wrong, is effective then. What was
     * removed is not in the tree, even if it was removed after a cut that is not sealed yet, because time went back.
     */
    void opened(Windows windows, long nowMs) {
        unsealedMs = windows.cutMs(windows.dueAt(nowMs)) + 1;
        long limitMs = nowMs + windows.graceMs() + windows.intervalMs();
        history.values().forEach(held -> held.replaceAll(entry -> asBuilt(entry, limitMs, nowMs)));
        history.forEach((keyHash, held) -> {
            Entry last = held.get(held.size() - 1);
            if (!entries.containsKey(keyHash) && last.effectiveMs() >= unsealedMs) {
                held.set(held.size() - 1, effective(last, unsealedMs - 1, true));
            }
        });
    }

    /** What is stored stays as it is: the next tree may be built at another time. */
    private Entry asBuilt(Entry entry, long limitMs, long nowMs) {
        long asStoredMs = storedMs.getOrDefault(entry, entry.effectiveMs());
        Entry built = effective(entry, asStoredMs > limitMs ? nowMs : asStoredMs, entry.deleted());
        storedMs.put(built, asStoredMs);
        return built;
    }

    /** A cut is sealed: entries removed from now on are removed after it. */
    void sealed(long cutMs) {
        unsealedMs = Math.max(unsealedMs, cutMs + 1);
    }

    @Override
    public Entry get(Hash128 keyHash) {
        return entries.get(keyHash);
    }

    @Override
    public void put(Hash128 keyHash, Entry entry) {
        entries.put(keyHash, entry);
        List<Entry> held = history.computeIfAbsent(keyHash, k -> new ArrayList<>(4));
        if (held.isEmpty() || !isSame(held.get(held.size() - 1), entry)) {
            held.add(entry);
        }
    }

    /** An entry that was removed is not the same one when a replay stores it again. */
    private static boolean isSame(Entry last, Entry entry) {
        return last.offset() == entry.offset() && last.deleted() == entry.deleted();
    }

    @Override
    public void remove(Hash128 keyHash) {
        Entry gone = entries.remove(keyHash);
        List<Entry> held = history.get(keyHash);
        long effectiveMs = held.get(held.size() - 1).effectiveMs();
        held.add(effective(gone, Math.max(effectiveMs, unsealedMs), true));
    }

    private static Entry effective(Entry entry, long effectiveMs, boolean deleted) {
        return new Entry(
                entry.key(),
                entry.version(),
                entry.vector(),
                entry.positionMs(),
                effectiveMs,
                entry.appendTimeMs(),
                deleted ? Entry.NEVER : entry.expiryMs(),
                deleted,
                entry.repaired(),
                entry.digest(),
                entry.offset(),
                entry.undated());
    }

    @Override
    public byte[] note(String name) {
        return notes.get(name);
    }

    @Override
    public void note(String name, byte[] value) {
        if (value == null) {
            notes.remove(name);
        } else {
            notes.put(name, value);
        }
    }

    @Override
    public SortedMap<String, byte[]> notes(String prefix) {
        return new TreeMap<>(notes.subMap(prefix, prefix + Character.MAX_VALUE));
    }

    @Override
    public void scan(Hash128 first, Hash128 last, Visitor visitor) {
        scans++;
        entries.subMap(first, true, last, true).forEach(visitor::visit);
    }

    /** How often ranges of the table were read. */
    long scans() {
        return scans;
    }

    boolean isEmpty() {
        return entries.isEmpty();
    }

    /** The tree at the cut of a round, built from the one entry of each key that it must hold there. */
    EntryTree treeAt(KeyedHash hash, Windows windows, Settings settings, long round) {
        long cutMs = windows.cutMs(round);
        MapTable there = new MapTable();
        for (Map.Entry<Hash128, List<Entry>> key : history.entrySet()) {
            Entry last = null;
            for (Entry entry : key.getValue()) {
                last = entry.effectiveMs() <= cutMs ? entry : last;
            }
            if (last != null) {
                there.put(key.getKey(), last);
            }
        }
        EntryTree tree = new EntryTree(
                hash,
                windows,
                settings.shape().segmentBits(),
                settings.shape().symbols(),
                settings.rules().compareValues(),
                there,
                false,
                windows.dueMs(round),
                Long.MAX_VALUE);
        tree.open(EntryTree.SLICES, windows.dueMs(round));
        return tree;
    }
}
