package io.trueup.reconcile.exchange;

import io.trueup.reconcile.exchange.Message.Root;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Messages about cuts that are not sealed here yet. Bounded in bytes, see {@link MessageMemory}, and with all that rounds hold in
 * this process; a root, without which nothing is compared, by the first bound alone. Not thread-safe. */
public final class EarlyMessages {

    /** More than four peers send in a round with the default settings and 100 entries in a segment. */
    public static final long MAX_BYTES = 64L << 20;

    private final RoundMemory.Share memory;
    private final long maxBytes;
    private final TreeMap<Long, List<Message>> byCut = new TreeMap<>();
    private long bytes;

    /**
     * Keeps nothing yet.
     *
     * @param memory what is counted here, too
     */
    public EarlyMessages(RoundMemory.Share memory) {
        this(memory, MAX_BYTES);
    }

    EarlyMessages(RoundMemory.Share memory, long maxBytes) {
        this.memory = memory;
        this.maxBytes = maxBytes;
    }

    /** Keeps a message, unless its cut lies too far ahead, or what is kept would take up too much memory. */
    public void keep(Message message, long newestCutMs) {
        long size = MessageMemory.bytes(message);
        if (message.cutMs() <= newestCutMs
                && bytes + size <= maxBytes
                && (message.body() instanceof Root || !memory.isExhausted())) {
            byCut.computeIfAbsent(message.cutMs(), cut -> new ArrayList<>()).add(message);
            bytes += size;
            memory.early(size);
        }
    }

    /** The messages about a cut, which are then forgotten with those about earlier cuts. */
    public List<Message> take(long cutMs) {
        List<Message> messages = byCut.getOrDefault(cutMs, List.of());
        forget(byCut.headMap(cutMs, true));
        return messages;
    }

    public void forgetBefore(long cutMs) {
        forget(byCut.headMap(cutMs, false));
    }

    public void clear() {
        forget(byCut);
    }

    private void forget(Map<Long, List<Message>> forgotten) {
        for (List<Message> messages : forgotten.values()) {
            for (Message message : messages) {
                bytes -= MessageMemory.bytes(message);
                memory.early(-MessageMemory.bytes(message));
            }
        }
        forgotten.clear();
    }
}
