package io.trueup.reconcile.exchange;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Messages about cuts that are not sealed here yet. Bounded in bytes, see {@link MessageMemory}. Not thread-safe. */
public final class EarlyMessages {

    /** More than four peers send in a round with the default settings and 100 entries in a segment. */
    public static final long MAX_BYTES = 64L << 20;

    private final long maxBytes;
    private final TreeMap<Long, List<Message>> byCut = new TreeMap<>();
    private long bytes;

    public EarlyMessages() {
        this(MAX_BYTES);
    }

    EarlyMessages(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    /** Keeps a message, unless its cut lies too far ahead, or what is kept would take up too much memory. */
    public void keep(Message message, long newestCutMs) {
        long size = MessageMemory.bytes(message);
        if (message.cutMs() <= newestCutMs && bytes + size <= maxBytes) {
            byCut.computeIfAbsent(message.cutMs(), cut -> new ArrayList<>()).add(message);
            bytes += size;
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
            }
        }
        forgotten.clear();
    }
}
