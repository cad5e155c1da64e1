package io.trueup.tree;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/** Entries in memory. */
public final class MapTable implements EntryTable {

    private final TreeMap<Hash128, Entry> entries = new TreeMap<>();
    private final Map<String, byte[]> notes = new HashMap<>();

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
        notes.put(name, value);
    }

    @Override
    public void scan(Hash128 first, Hash128 last, Visitor visitor) {
        entries.subMap(first, true, last, true).forEach(visitor::visit);
    }

    public int size() {
        return entries.size();
    }
}
