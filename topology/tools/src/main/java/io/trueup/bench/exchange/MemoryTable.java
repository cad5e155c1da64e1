package io.trueup.bench.exchange;

import io.trueup.tree.Entry;
import io.trueup.tree.EntryTable;
import io.trueup.tree.Hash128;
import java.util.SortedMap;
import java.util.TreeMap;

/** Entries in memory. */
final class MemoryTable implements EntryTable {
    private final TreeMap<Hash128, Entry> rows = new TreeMap<>();
    private final TreeMap<String, byte[]> notes = new TreeMap<>();

    @Override
    public Entry get(Hash128 keyHash) {
        return rows.get(keyHash);
    }

    @Override
    public void put(Hash128 keyHash, Entry entry) {
        rows.put(keyHash, entry);
    }

    @Override
    public void remove(Hash128 keyHash) {
        rows.remove(keyHash);
    }

    @Override
    public byte[] note(String name) {
        return notes.get(name);
    }

    @Override
    public SortedMap<String, byte[]> notes(String prefix) {
        return new TreeMap<>(notes.subMap(prefix, prefix + Character.MAX_VALUE));
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
    public void scan(Hash128 first, Hash128 last, Visitor visitor) {
        rows.subMap(first, true, last, true).forEach(visitor::visit);
    }
}
