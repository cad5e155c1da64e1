package io.trueup.tree;

import java.util.TreeMap;

/** Entries in memory. */
public final class MapTable implements EntryTable {

    private final TreeMap<Hash128, Entry> entries = new TreeMap<>();

    @Override
    public Entry get(Hash128 keyHash) {
        return entries.get(keyHash);
    }

    @Override
    public void put(Hash128 keyHash, Entry entry) {
        entries.put(keyHash, entry);
    }

    @Override
    public void scan(Hash128 first, Hash128 last, Visitor visitor) {
        entries.subMap(first, true, last, true).forEach(visitor::visit);
    }

    public int size() {
        return entries.size();
    }
}
