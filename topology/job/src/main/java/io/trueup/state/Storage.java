package io.trueup.state;

import io.trueup.tree.Hash128;
import java.util.List;
import java.util.SortedMap;

/**
 * Where {@link EntryStore} keeps bytes: entries by key hash, in ascending order of the unsigned hash, and notes by name. Arrays are
 * not copied: nobody changes one that was passed or returned. Used by the thread of the task that owns the store.
 */
interface Storage {

    /** Returns the bytes under a key hash, or null. */
    byte[] get(Hash128 keyHash);

    /** Stores bytes under a key hash; null removes what is there. */
    void put(Hash128 keyHash, byte[] entry);

    /** Visits what lies between two hashes, both included, in order. The visitor must not change the storage. */
    void scan(Hash128 first, Hash128 last, Visitor visitor);

    /** Returns the hashes of the first entries from a hash on, so many at most, in order. */
    List<Hash128> keysFrom(Hash128 first, int most);

    /** Returns the note under a name, or null. */
    byte[] note(String name);

    /** Stores a note; null removes it. */
    void note(String name, byte[] value);

    /** Returns the notes whose names begin with a prefix, by name. */
    SortedMap<String, byte[]> notes(String prefix);

    /** Receives entries one by one. */
    @FunctionalInterface
    interface Visitor {
        void visit(Hash128 keyHash, byte[] entry);
    }
}
