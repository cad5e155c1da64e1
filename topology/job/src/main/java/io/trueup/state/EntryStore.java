package io.trueup.state;

import io.trueup.tree.Entry;
import io.trueup.tree.EntryTable;
import io.trueup.tree.Hash128;
import java.util.List;
import java.util.SortedMap;
import java.util.function.Predicate;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.state.StoreBuilder;

/**
 * The entries of one replica and one partition in a store of Kafka Streams, in the heap or in RocksDB, with a compacted changelog topic
 * behind it.
 *
 * <p>An entry that is replaced several times between two commits is logged once. A crash loses uncommitted entries, and the input is
 * then read again from the commit. Entries that are ahead of the commit (at-least-once keeps them) are recognized by their
 * offset.
 *
 * <p>One of the notes identifies what the entries were built from: {@link StateIdentity}. Used by the thread of the task that owns
 * the store.
 */
public final class EntryStore implements EntryTable {

    /** Name of the store. */
    public static final String NAME = "entries";

    private static final Hash128 FIRST = Hash128.ZERO;
    private static final String IDENTITY = "";
    private static final String RESET = "reset";

    /** Returns the name that Kafka Streams gives to the changelog topic of an application's stores. */
    public static String changelog(String applicationId) {
        return applicationId + "-" + NAME + "-changelog";
    }

    /** Returns the record of a changelog topic that has the state of a partition built again at its next start: {@link #isReset}. */
    public static ProducerRecord<byte[], byte[]> reset(String changelog, int partition) {
        return new ProducerRecord<>(
                changelog, partition, StoredKey.ofNote(RESET).get(), new byte[] {1});
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

    private final Storage storage;

    private Hash128 removeFrom = FIRST;

    private EntryStore(Storage storage) {
        this.storage = storage;
    }

    /**
     * Returns the entries in a store that was made by {@link #builder}.
     *
     * @throws IllegalArgumentException if it was made by something else
     */
    public static EntryStore of(StateStore store) {
        if (store instanceof LoggedStore logged) {
            return new EntryStore(logged);
        }
        throw new IllegalArgumentException(store.name() + " is a " + store.getClass());
    }

    /**
     * The store to attach to the processor that uses it: in memory, or in RocksDB. Both have the same changelog.
     *
     * @param restores has a store in memory read its snapshot
     */
    public static StoreBuilder<? extends StateStore> builder(
            boolean inMemory, ChangelogTopics changelogs, RestoreStarts restores) {
        return inMemory ? MemoryStore.builder(NAME, changelogs, restores) : RocksStore.builder(NAME, changelogs);
    }

    /**
     * Checks that the entries were built from {@code identity}.
     *
     * @throws StateMismatchException if the entries were built from something else
     */
    public Claim check(StateIdentity identity) {
        byte[] stored = storage.note(IDENTITY);
        if (stored == null) {
            return Claim.NEW;
        }
        identity.verify(stored, NAME);
        return StateIdentity.isOfEarlierVersion(stored) ? Claim.OF_EARLIER_VERSION : Claim.KNOWN;
    }

    /** Whether a person wants the state to be built again, whatever it was built from. */
    public boolean isReset() {
        return storage.note(RESET) != null;
    }

    /**
     * Removes all notes but some. The store belongs to no identity then, and nobody wants it to be built again.
     *
     * @return whether the entries were built from the topic of an identity
     */
    public boolean removeNotes(Predicate<String> kept, StateIdentity identity) {
        byte[] stored = storage.note(IDENTITY);
        storage.notes("").keySet().stream().filter(kept.negate()).forEach(name -> storage.note(name, null));
        return stored != null && identity.isOfSameTopic(stored);
    }

    /** Marks the store as belonging to {@code identity}, once what the state lacks is noted. */
    public void claim(StateIdentity identity) {
        if (check(identity) != Claim.KNOWN) {
            storage.note(IDENTITY, identity.encode());
        }
    }

    /**
     * Removes so many entries, in ascending order; notes stay. To be called until none is left, and nothing is stored meanwhile.
     *
     * @return whether none is left
     */
    public boolean remove(int most) {
        // RocksDB reads over all that was removed before: so each call begins where the last one has ended
        List<Hash128> removed = storage.keysFrom(removeFrom, most);
        removed.forEach(this::remove);
        boolean done = removed.size() < most;
        removeFrom = done ? FIRST : removed.get(removed.size() - 1);
        return done;
    }

    @Override
    public Entry get(Hash128 keyHash) {
        byte[] bytes = storage.get(keyHash);
        return bytes == null ? null : EntryCodec.decode(bytes);
    }

    @Override
    public void put(Hash128 keyHash, Entry entry) {
        storage.put(keyHash, EntryCodec.encode(entry));
    }

    @Override
    public void scan(Hash128 first, Hash128 last, Visitor visitor) {
        storage.scan(first, last, (keyHash, entry) -> visitor.visit(keyHash, EntryCodec.decode(entry)));
    }

    @Override
    public void remove(Hash128 keyHash) {
        storage.put(keyHash, null);
    }

    @Override
    public byte[] note(String name) {
        return storage.note(name);
    }

    @Override
    public SortedMap<String, byte[]> notes(String prefix) {
        return storage.notes(prefix);
    }

    @Override
    public void note(String name, byte[] value) {
        storage.note(name, value);
    }
}
