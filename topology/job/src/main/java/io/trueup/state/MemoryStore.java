package io.trueup.state;

import io.trueup.tree.Hash128;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.StateStore;
import org.apache.kafka.streams.processor.StateStoreContext;
import org.apache.kafka.streams.processor.internals.InternalProcessorContext;
import org.apache.kafka.streams.processor.internals.ProcessorContextUtils;
import org.apache.kafka.streams.query.Position;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.internals.CacheFlushListener;
import org.apache.kafka.streams.state.internals.CachedStateStore;

/**
 * A store in the heap with a changelog, from which each start restores it. The changelog holds the same records as that of a store in
 * RocksDB, so that one can replace the other.
 *
 * <p>What is replaced between two commits is logged once, before the commit. So that a commit does not stall the thread, the change
 * that waits longest is logged early when many wait: a changelog may be ahead of the committed offsets if the process is killed
 * under at-least-once, as it may be with RocksDB; {@link EntryStore} says why that does no harm.
 *
 * <p>Kafka Streams lets a store write its changelog before a commit only through internal interfaces. They are used in this class
 * alone: {@link CachedStateStore#flushCache()} is called before each commit, and {@code logChange} sends a record. Used by
 * the thread of the task that owns the store.
 */
final class MemoryStore implements StateStore, CachedStateStore<byte[], byte[]>, Storage {

    /** So many changes wait for the commit at most: logging them takes some 20 ms. */
    static final int MAX_WAITING = 32_768;

    private static final RecordHeaders NO_HEADERS = new RecordHeaders();
    private static final Position NO_POSITION = Position.emptyPosition();

    private final String name;
    private final HashTable entries = new HashTable();
    private final SortedMap<String, byte[]> notes = new TreeMap<>();

    /** Changes that were not logged, the first one first. Those that were replaced since are passed over. */
    private final Queue<Change> waiting = new ArrayDeque<>();

    private final Set<String> waitingNotes = new HashSet<>();
    private InternalProcessorContext<?, ?> context;
    private boolean open;

    private MemoryStore(String name) {
        this.name = name;
    }

    static StoreBuilder<StateStore> builder(String name) {
        return new Builder(name);
    }

    @Override
    public String name() {
        return name;
    }

    /** Begins empty: a task that is revived calls this again, and restores the store. */
    @Override
    public void init(StateStoreContext stateStoreContext, StateStore root) {
        context = ProcessorContextUtils.asInternalProcessorContext(stateStoreContext);
        forget();
        context.register(root, this::restore);
        open = true;
    }

    private void restore(byte[] key, byte[] value) {
        if (StoredKey.isOfEntry(key)) {
            store(Hash128.fromBytes(key), value);
        } else {
            store(StoredKey.noteName(key), value);
        }
    }

    private void store(Hash128 keyHash, byte[] entry) {
        if (entry == null) {
            entries.remove(keyHash.hi(), keyHash.lo());
        } else {
            entries.put(keyHash.hi(), keyHash.lo(), entry);
        }
    }

    private void store(String note, byte[] value) {
        if (value == null) {
            notes.remove(note);
        } else {
            notes.put(note, value);
        }
    }

    @Override
    public byte[] get(Hash128 keyHash) {
        return entries.get(keyHash.hi(), keyHash.lo());
    }

    @Override
    public void put(Hash128 keyHash, byte[] entry) {
        store(keyHash, entry);
        waiting.add(new Change(keyHash, entry));
        if (waiting.size() > MAX_WAITING) {
            logFirst();
        }
    }

    @Override
    public void scan(Hash128 first, Hash128 last, Visitor visitor) {
        entries.scan(first, last, (hi, lo, entry) -> {
            visitor.visit(new Hash128(hi, lo), entry);
            return true;
        });
    }

    @Override
    public List<Hash128> keysFrom(Hash128 first, int most) {
        List<Hash128> keys = new ArrayList<>();
        entries.scan(first, new Hash128(-1, -1), (hi, lo, entry) -> {
            keys.add(new Hash128(hi, lo));
            return keys.size() < most;
        });
        return keys;
    }

    @Override
    public byte[] note(String note) {
        return notes.get(note);
    }

    @Override
    public void note(String note, byte[] value) {
        store(note, value);
        waitingNotes.add(note);
    }

    @Override
    public SortedMap<String, byte[]> notes(String prefix) {
        return new TreeMap<>(notes.subMap(prefix, prefix + Character.MAX_VALUE));
    }

    /** Logs what has changed. Kafka Streams calls it before it flushes the producer and commits. */
    @Override
    public void flushCache() {
        while (!waiting.isEmpty()) {
            logFirst();
        }
        waitingNotes.forEach(note -> log(StoredKey.ofNote(note), notes.get(note)));
        waitingNotes.clear();
    }

    private void logFirst() {
        Change change = waiting.remove();
        if (change.entry == get(change.keyHash)) {
            log(StoredKey.of(change.keyHash), change.entry);
        }
    }

    private void log(Bytes key, byte[] value) {
        context.logChange(name, key, value, context.currentSystemTimeMs(), NO_HEADERS, NO_POSITION);
    }

    /** Nothing is cached that the store does not hold. */
    @Override
    public void clearCache() {}

    @Override
    public boolean setFlushListener(CacheFlushListener<byte[], byte[]> listener, boolean sendOldValues) {
        return false;
    }

    @Override
    public boolean persistent() {
        return false;
    }

    @Override
    public boolean isOpen() {
        return open;
    }

    @Override
    public void close() {
        open = false;
        forget();
    }

    private void forget() {
        entries.clear();
        notes.clear();
        waiting.clear();
        waitingNotes.clear();
    }

    /** @param entry null if it was removed */
    private record Change(Hash128 keyHash, byte[] entry) {}

    /** Makes stores that are logged, and need no cache of Kafka Streams. */
    private record Builder(String name) implements StoreBuilder<StateStore> {

        @Override
        public StoreBuilder<StateStore> withCachingEnabled() {
            return this;
        }

        @Override
        public StoreBuilder<StateStore> withCachingDisabled() {
            return this;
        }

        @Override
        public StoreBuilder<StateStore> withLoggingEnabled(Map<String, String> config) {
            throw new UnsupportedOperationException("the changelog has the settings of all internal topics");
        }

        @Override
        public StoreBuilder<StateStore> withLoggingDisabled() {
            throw new UnsupportedOperationException("without a changelog each restart would lose the state");
        }

        @Override
        public StateStore build() {
            return new MemoryStore(name);
        }

        @Override
        public Map<String, String> logConfig() {
            return Map.of();
        }

        @Override
        public boolean loggingEnabled() {
            return true;
        }
    }
}
