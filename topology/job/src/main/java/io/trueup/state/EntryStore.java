package io.trueup.state;

import io.trueup.tree.Entry;
import io.trueup.tree.EntryTable;
import io.trueup.tree.Hash128;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/**
 * The entries of one replica and one partition in a Kafka Streams store: RocksDB on disk, a compacted changelog topic
 * behind it. The key is the key hash, big endian, so that every segment of a tree of any size is one contiguous range.
 *
 * <p>The store is cached: an entry that is replaced several times between two commits is written and logged once. A crash
 * loses uncommitted entries, and the input is then read again from the commit. Entries that are ahead of the commit
 * (at-least-once keeps them on disk) are recognized by their offset.
 *
 * <p>Notes are stored after the last possible key hash. One of them identifies what the entries were built from:
 * {@link StateIdentity}.
 * Used by the thread of the task that owns the store.
 */
public final class EntryStore implements EntryTable {

    /** Name of the store. */
    public static final String NAME = "entries";

    private static final Bytes FIRST_ENTRY = key(new Hash128(0, 0));
    private static final Bytes LAST_ENTRY = key(new Hash128(-1, -1));
    private static final byte[] BEYOND_ENTRIES = beyondEntries();
    private static final Bytes IDENTITY_KEY = identityKey();

    /** Returns the name that Kafka Streams gives to the changelog topic of an application's stores. */
    public static String changelog(String applicationId) {
        return applicationId + "-" + NAME + "-changelog";
    }

    /** What a store was before it was claimed. */
    public enum Claim {
        /** It was empty. */
        NEW,
        /** A version wrote it that did not note what a new state lacks. */
        OF_EARLIER_VERSION,
        /** This version wrote it. */
        KNOWN
    }

    private final KeyValueStore<Bytes, byte[]> store;

    private Bytes removeFrom = FIRST_ENTRY;

    /** @param store a store made by {@link #builder()} */
    public EntryStore(KeyValueStore<Bytes, byte[]> store) {
        this.store = store;
    }

    /** The store to attach to the processor that uses it. */
    public static StoreBuilder<KeyValueStore<Bytes, byte[]>> builder() {
        return Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore(NAME), Serdes.Bytes(), Serdes.ByteArray())
                .withCachingEnabled()
                .withLoggingEnabled(Map.of());
    }

    /**
     * Checks that the entries were built from {@code identity}.
     *
     * @throws StateMismatchException if the entries were built from something else
     */
    public Claim check(StateIdentity identity) {
        byte[] stored = store.get(IDENTITY_KEY);
        if (stored == null) {
            return Claim.NEW;
        }
        identity.verify(stored, NAME);
        return StateIdentity.isOfEarlierVersion(stored) ? Claim.OF_EARLIER_VERSION : Claim.KNOWN;
    }

    /** Marks the store as belonging to {@code identity}, once what the state lacks is noted. */
    public void claim(StateIdentity identity) {
        if (check(identity) != Claim.KNOWN) {
            store.put(IDENTITY_KEY, identity.encode());
        }
    }

    /**
     * Removes so many entries, in ascending order; notes stay. To be called until none is left, and nothing is stored meanwhile.
     *
     * @return whether none is left
     */
    public boolean remove(int most) {
        List<Bytes> removed = new ArrayList<>();
        // RocksDB reads over all that was removed before: so each call begins where the last one has ended
        try (KeyValueIterator<Bytes, byte[]> left = store.range(removeFrom, LAST_ENTRY)) {
            while (left.hasNext() && removed.size() < most) {
                removed.add(left.next().key);
            }
        }
        removed.forEach(store::delete);
        boolean done = removed.size() < most;
        removeFrom = done ? FIRST_ENTRY : removed.get(removed.size() - 1);
        return done;
    }

    @Override
    public Entry get(Hash128 keyHash) {
        byte[] bytes = store.get(key(keyHash));
        return bytes == null ? null : EntryCodec.decode(bytes);
    }

    @Override
    public void put(Hash128 keyHash, Entry entry) {
        store.put(key(keyHash), EntryCodec.encode(entry));
    }

    @Override
    public void scan(Hash128 first, Hash128 last, Visitor visitor) {
        try (KeyValueIterator<Bytes, byte[]> entries = store.range(key(first), key(last))) {
            while (entries.hasNext()) {
                KeyValue<Bytes, byte[]> entry = entries.next();
                visitor.visit(Hash128.fromBytes(entry.key.get()), EntryCodec.decode(entry.value));
            }
        }
    }

    @Override
    public void remove(Hash128 keyHash) {
        store.delete(key(keyHash));
    }

    @Override
    public byte[] note(String name) {
        return store.get(noteKey(name));
    }

    @Override
    public SortedMap<String, byte[]> notes(String prefix) {
        SortedMap<String, byte[]> notes = new TreeMap<>();
        try (KeyValueIterator<Bytes, byte[]> found = store.range(noteKey(prefix), afterNotes(prefix))) {
            while (found.hasNext()) {
                KeyValue<Bytes, byte[]> note = found.next();
                notes.put(nameOf(note.key), note.value);
            }
        }
        return notes;
    }

    @Override
    public void note(String name, byte[] value) {
        store.put(noteKey(name), value);
    }

    private static Bytes key(Hash128 keyHash) {
        return Bytes.wrap(keyHash.toBytes());
    }

    /** One byte longer than a key hash, all bits set: outside every range between two key hashes. */
    private static Bytes identityKey() {
        return noteKey("");
    }

    private static Bytes noteKey(String name) {
        byte[] text = name.getBytes(StandardCharsets.UTF_8);
        byte[] key = Arrays.copyOf(BEYOND_ENTRIES, BEYOND_ENTRIES.length + text.length);
        System.arraycopy(text, 0, key, BEYOND_ENTRIES.length, text.length);
        return Bytes.wrap(key);
    }

    /** Behind the keys of all notes with a prefix: no byte of a name in UTF-8 has all bits set. */
    private static Bytes afterNotes(String prefix) {
        byte[] first = noteKey(prefix).get();
        byte[] after = Arrays.copyOf(first, first.length + 1);
        after[first.length] = (byte) 0xff;
        return Bytes.wrap(after);
    }

    private static String nameOf(Bytes noteKey) {
        byte[] key = noteKey.get();
        return new String(key, BEYOND_ENTRIES.length, key.length - BEYOND_ENTRIES.length, StandardCharsets.UTF_8);
    }

    private static byte[] beyondEntries() {
        byte[] key = new byte[Hash128.BYTES + 1];
        Arrays.fill(key, (byte) 0xff);
        return key;
    }
}
