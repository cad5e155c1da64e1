package io.trueup.reconcile.exchange;

import io.trueup.reconcile.exchange.Message.Body;
import io.trueup.reconcile.exchange.Message.Level;
import io.trueup.reconcile.exchange.Message.Segment;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.reconcile.settings.Settings;
import io.trueup.tree.Hash128;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;

/**
 * What this replica broadcasts of its tree in one round: below a node that differs the hashes {@code stride} levels down, at
 * the leaves the entries. Each node is answered once. Not thread-safe.
 */
final class TreeAnswers {

    private final Settings settings;
    private final LocalTree local;
    private final Consumer<Body> publish;
    private final int bits;
    /** Nodes answered so far, numbered {@code (1 << level) + index}. */
    private final BitSet answered = new BitSet();

    TreeAnswers(Settings settings, LocalTree local, Consumer<Body> publish) {
        this.settings = settings;
        this.local = local;
        this.publish = publish;
        this.bits = settings.shape().segmentBits();
    }

    /** Publishes the hashes below nodes of one level, in the given order. */
    void levels(int level, Collection<Integer> nodes) {
        List<Integer> fresh = new ArrayList<>();
        for (int index : nodes) {
            int node = (1 << level) + index;
            if (!answered.get(node)) {
                answered.set(node);
                fresh.add(index);
            }
        }
        int below = Math.min(level + settings.shape().stride(), bits);
        int perMessage = Math.max(1, settings.limits().maxEntriesPerMessage() >> (below - level));
        for (int from = 0; from < fresh.size(); from += perMessage) {
            publish.accept(level(level, below, fresh.subList(from, Math.min(fresh.size(), from + perMessage))));
        }
    }

    private Level level(int level, int below, List<Integer> parents) {
        int fan = below - level;
        long[] hashes = new long[2 * parents.size() << fan];
        int at = 0;
        for (int parent : parents) {
            for (int child = 0; child < 1 << fan; child++) {
                int index = (parent << fan) + child;
                Hash128 hash = local.holdsNothing(below, index) ? Hash128.ZERO : local.node(below, index);
                hashes[at++] = hash.hi();
                hashes[at++] = hash.lo();
            }
        }
        int[] indices = parents.stream().mapToInt(Integer::intValue).toArray();
        return new Level(level, below, indices, hashes);
    }

    /**
     * Publishes the entries of a segment.
     *
     * @return the entries, or null if they were published before
     */
    List<EntrySummary> segment(int index) {
        int leaf = (1 << bits) + index;
        if (answered.get(leaf)) {
            return null;
        }
        answered.set(leaf);
        List<EntrySummary> entries = local.segment(index);
        List<List<EntrySummary>> chunks = chunks(entries);
        for (int chunk = 0; chunk < chunks.size(); chunk++) {
            publish.accept(new Segment(index, chunk, chunks.size(), chunks.get(chunk)));
        }
        return entries;
    }
    /** Cuts entries so that each message is bounded in number and in bytes. */
    private List<List<EntrySummary>> chunks(List<EntrySummary> entries) {
        List<List<EntrySummary>> chunks = new ArrayList<>();
        int from = 0;
        int bytes = 0;
        for (int i = 0; i < entries.size(); i++) {
            int entryBytes = entries.get(i).maxBytes();
            boolean full = i - from == settings.limits().maxEntriesPerMessage()
                    || bytes + entryBytes > Message.MAX_ENTRIES_BYTES;
            if (full && i > from) {
                chunks.add(List.copyOf(entries.subList(from, i)));
                from = i;
                bytes = 0;
            }
            bytes += entryBytes;
        }
        chunks.add(List.copyOf(entries.subList(from, entries.size())));
        return chunks;
    }
}
