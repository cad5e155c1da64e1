package io.trueup.state;

import io.trueup.tree.Hash128;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.function.Supplier;
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
 * A store of Kafka Streams that writes its own changelog. What is replaced between two commits is logged once, before the commit. So that a
 * commit does not stall the thread, the change that waits longest is logged early when many wait: a changelog may be ahead of the
 * committed offsets if the process is killed under at-least-once; {@link EntryStore} says why that does no harm.
 *
 * <p>Kafka Streams lets a store write its changelog before a commit only through internal interfaces. They are used in this class
 * alone: {@link CachedStateStore#flushCache()} is called before each commit, and {@code logChange} sends a record. The cache of
 * Kafka Streams is not used: it takes a lock and walks a tree map for each read and each write. Used by the thread of the task
 * that owns the store.
 */
abstract class LoggedStore implements StateStore, CachedStateStore<byte[], byte[]>, Storage {

    /** So many changes wait for the commit at most: logging them takes some 20 ms. */
    static final int MAX_WAITING = 32_768;

    private static final RecordHeaders NO_HEADERS = new RecordHeaders();
    private static final Position NO_POSITION = Position.emptyPosition();

    private final String name;

    /** Changes that were not logged, the first one first. Those that were replaced since are passed over. */
    private final Queue<Change> waiting = new ArrayDeque<>();

    private final Set<String> waitingNotes = new HashSet<>();
    private InternalProcessorContext<?, ?> context;

    LoggedStore(String name) {
        this.name = name;
    }

    @Override
    public final String name() {
        return name;
    }

    /** Forgets what waits: a task that is revived calls this again. */
    @Override
    public void init(StateStoreContext stateStoreContext, StateStore root) {
        context = ProcessorContextUtils.asInternalProcessorContext(stateStoreContext);
        waiting.clear();
        waitingNotes.clear();
    }

    @Override
    public final void put(Hash128 keyHash, byte[] entry) {
        store(keyHash, entry);
        waiting.add(new Change(keyHash, entry));
        if (waiting.size() > MAX_WAITING) {
            logFirst();
        }
    }

    @Override
    public final void note(String note, byte[] value) {
        store(note, value);
        waitingNotes.add(note);
    }

    /** Stores an entry, or removes it, and does not log it. */
    abstract void store(Hash128 keyHash, byte[] entry);

    /** Stores a note, or removes it, and does not log it. */
    abstract void store(String note, byte[] value);

    /**
     * Returns what {@link #store} has got last for a key hash, the same array, until {@link #logged} is called with the key; null
     * if it was removed.
     */
    abstract byte[] latest(Hash128 keyHash);

    /** The latest change of a key is logged. */
    abstract void logged(Hash128 keyHash);

    /** Whether something is not logged yet. */
    final boolean isWaiting() {
        return !waiting.isEmpty() || !waitingNotes.isEmpty();
    }

    /** Logs what has changed. Kafka Streams calls it before it flushes the producer and commits. */
    @Override
    public void flushCache() {
        while (!waiting.isEmpty()) {
            logFirst();
        }
        waitingNotes.forEach(note -> log(StoredKey.ofNote(note), note(note)));
        waitingNotes.clear();
    }

    private void logFirst() {
        Change change = waiting.remove();
        if (change.entry == latest(change.keyHash)) {
            log(StoredKey.of(change.keyHash), change.entry);
            logged(change.keyHash);
        }
    }

    private void log(Bytes key, byte[] value) {
        context.logChange(name, key, value, context.currentSystemTimeMs(), NO_HEADERS, NO_POSITION);
    }

    /** Nothing is cached that the store does not hold. */
    @Override
    public final void clearCache() {}

    @Override
    public final boolean setFlushListener(CacheFlushListener<byte[], byte[]> listener, boolean sendOldValues) {
        return false;
    }

    /** It survives a restart: as files, or as a snapshot. */
    @Override
    public final boolean persistent() {
        return true;
    }

    /** @param entry null if it was removed */
    private record Change(Hash128 keyHash, byte[] entry) {}

    /** Makes stores that are logged. */
    record Builder(String name, Supplier<LoggedStore> store) implements StoreBuilder<LoggedStore> {

        @Override
        public Builder withCachingEnabled() {
            return this;
        }

        @Override
        public Builder withCachingDisabled() {
            return this;
        }

        @Override
        public Builder withLoggingEnabled(Map<String, String> config) {
            throw new UnsupportedOperationException("the changelog has the settings of all internal topics");
        }

        @Override
        public Builder withLoggingDisabled() {
            throw new UnsupportedOperationException("without a changelog the state would be lost with the disk");
        }

        @Override
        public LoggedStore build() {
            return store.get();
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
