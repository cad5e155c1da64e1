package io.trueup.state;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the entries of all stores of a process take up in the heap, about. The rounds take up to half of the heap, so entries that
 * take a third leave little for the rest: that is logged once, before the process runs out of memory. Thread-safe.
 */
final class HeapShare {

    /** The share of this process. */
    static final HeapShare OF_PROCESS = new HeapShare(Runtime.getRuntime().maxMemory());

    private static final Logger LOG = LoggerFactory.getLogger(HeapShare.class);
    private static final long MIB = 1 << 20;

    private final long heapBytes;
    private final AtomicLong held = new AtomicLong();
    private final AtomicBoolean warned = new AtomicBoolean();

    HeapShare(long heapBytes) {
        this.heapBytes = heapBytes;
    }

    /** Adds so many bytes, or gives them back. */
    void add(long bytes) {
        long now = held.addAndGet(bytes);
        if (now > heapBytes / 3) {
            if (warned.compareAndSet(false, true)) {
                LOG.warn(
                        "The entries in memory take {} MiB, more than a third of the heap of {} MiB: give the process a larger"
                                + " heap (JAVA_OPTS=-Xmx…), or set state.store=rocksdb. A process that runs out of memory ends.",
                        now / MIB,
                        heapBytes / MIB);
            }
        } else if (now < heapBytes / 4) {
            warned.set(false);
        }
    }

    long held() {
        return held.get();
    }

    boolean isLarge() {
        return warned.get();
    }
}
