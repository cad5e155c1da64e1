package io.trueup.reconcile;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/** Messages about cuts that are not sealed here yet. Bounded. Not thread-safe. */
final class EarlyMessages {

    private static final int MAX_PER_CUT = 10_000;

    private final TreeMap<Long, List<Message>> byCut = new TreeMap<>();

    /** Keeps a message, unless its cut lies too far ahead. */
    void keep(Message message, long newestCutMs) {
        if (message.cutMs() <= newestCutMs) {
            List<Message> messages = byCut.computeIfAbsent(message.cutMs(), cut -> new ArrayList<>());
            if (messages.size() < MAX_PER_CUT) {
                messages.add(message);
            }
        }
    }

    /** The messages about a cut, which are then forgotten with those about earlier cuts. */
    List<Message> take(long cutMs) {
        List<Message> messages = byCut.getOrDefault(cutMs, List.of());
        byCut.headMap(cutMs, true).clear();
        return messages;
    }

    void forgetBefore(long cutMs) {
        byCut.headMap(cutMs, false).clear();
    }

    void clear() {
        byCut.clear();
    }
}
