package io.trueup.tree;

import java.util.SortedMap;
import java.util.TreeMap;

/** Entries in memory. */
public final class MapTable implements EntryTable {

    private final TreeMap<Hash128, Entry> entries = new TreeMap<>();
    private final TreeMap<String, byte[]> notes = new TreeMap<>();
    private long scans;
    private long fullScans;

    @Override
    public Entry get(Hash128 keyHash) {
        return entries.get(keyHash);
    }

    @Override
    public void put(Hash128 keyHash, Entry entry) {
        entries.put(keyHash, entry);
    }

    @Override
    public void remove(Hash128 keyHash) {
        entries.remove(keyHash);
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
        boolean full = first.equals(Hash128.ZERO) && last.equals(new Hash128(-1, -1));
        fullScans += full ? 1 : 0;
        entries.subMap(first, true, last, true).forEach(visitor::visit);
    }

    /** How often it was scanned. */
    public long scans() {
        return scans;
    }

    /** How often it was scanned from end to end. */
    public long fullScans() {
        return fullScans;
    }

    public int size() {
        return entries.size();
    }

    /** Number of notes whose names begin with a prefix. */
    public long notesOf(String prefix) {
        return notes(prefix).size();
    }

    /** Bytes of the largest note. */
    public int largestNote() {
        return notes.values().stream().mapToInt(note -> note.length).max().orElse(0);
    }
}
