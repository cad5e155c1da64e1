package io.trueup.state;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.streams.processor.StateRestoreListener;

/**
 * Has the stores of an application read what they left on disk at the moment when Kafka Streams begins to restore them. Kafka Streams
 * restores in a thread beside the stream threads. If a stream thread read a large file, its other tasks would wait so long that
 * their transaction expires. To be set as the global restore listener of the application. Thread-safe.
 */
public final class RestoreStarts implements StateRestoreListener {

    private final Map<TopicPartition, Runnable> readers = new ConcurrentHashMap<>();

    /** Runs a reader when the restoring of a changelog begins, once; replaces an earlier one. The reader must not throw. */
    void await(TopicPartition changelog, Runnable reader) {
        readers.put(changelog, reader);
    }

    /** The store is closed. */
    void forget(TopicPartition changelog, Runnable reader) {
        readers.remove(changelog, reader);
    }

    @Override
    public void onRestoreStart(TopicPartition changelog, String store, long startingOffset, long endingOffset) {
        Runnable reader = readers.remove(changelog);
        if (reader != null) {
            reader.run();
        }
    }

    @Override
    public void onBatchRestored(TopicPartition changelog, String store, long batchEndOffset, long restored) {}

    @Override
    public void onRestoreEnd(TopicPartition changelog, String store, long restored) {}
}
