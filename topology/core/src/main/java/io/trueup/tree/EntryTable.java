package io.trueup.tree;

import java.util.SortedMap;

/**
 * The entries of one replica and one partition, by key hash. The implementation is responsible for durability; the tree is
 * rebuilt from the table. Used by one thread at a time.
 */
public interface EntryTable {

    /** Returns the entry of a key, or null. */
    Entry get(Hash128 keyHash);

    /** Stores or replaces an entry. */
    void put(Hash128 keyHash, Entry entry);

    /** Forgets the entry of a key, if there is one. */
    void remove(Hash128 keyHash);

    /** Returns the latest note under a name, or null. */
    byte[] note(String name);

    /** Returns the latest notes whose names begin with a prefix, by name. */
    SortedMap<String, byte[]> notes(String prefix);

    /** Stores a note beside the entries, which a restart does not lose; null removes it. */
    void note(String name, byte[] value);

    /** Visits the entries with {@code first <= key hash <= last} in ascending order of key hash. */
    void scan(Hash128 first, Hash128 last, Visitor visitor);

    /** Receives entries one by one; must not change the table. */
    @FunctionalInterface
    interface Visitor {
        void visit(Hash128 keyHash, Entry entry);
    }
}
