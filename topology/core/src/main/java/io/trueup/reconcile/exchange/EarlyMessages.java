package io.trueup.reconcile.exchange;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** Messages about cuts that are not sealed here yet. Bounded. Not thread-safe. */
public final class EarlyMessages {

    private static final int MAX_PER_CUT = 10_000;

    private final TreeMap<Long, List<Message>> byCut = new TreeMap<>();

    /** Keeps a message, unless its cut lies too far ahead. */
    public void keep(Message message, long newestCutMs) {
        if (message.cutMs() <= newestCutMs) {
            List<Message> messages = byCut.computeIfAbsent(message.cutMs(), cut -> new ArrayList<>());
            if (messages.size() < MAX_PER_CUT) {
                messages.add(message);
            }
        }
    }

    /** The messages about a cut, which are then forgotten with those about earlier cuts. */
    public List<Message> take(long cutMs) {
        List<Message> messages = byCut.getOrDefault(cutMs, List.of());
        byCut.headMap(cutMs, true).clear();
        return messages;
    }

    public void forgetBefore(long cutMs) {
        byCut.headMap(cutMs, false).clear();
    }

    public void clear() {
        byCut.clear();
    }
}
