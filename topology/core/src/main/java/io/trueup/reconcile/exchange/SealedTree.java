package io.trueup.reconcile.exchange;

import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.reconcile.settings.Settings;
import io.trueup.reconcile.settings.Settings.Resolution;
import io.trueup.sketch.ElementHash;
import io.trueup.sketch.Sketch;
import io.trueup.tree.EntryTree;
import io.trueup.tree.Hash128;
import java.util.ArrayList;
import java.util.List;

/** The local tree, sealed at the cut of the round under way; {@link #segment} reads the entries that are held now. */
public final class SealedTree implements LocalSketches {

    private final EntryTree tree;
    /** True on the primary: its absence deletes, so it never answers that it holds nothing. */
    private final boolean absenceWins;

    public SealedTree(Settings settings, EntryTree tree) {
        this.tree = tree;
        this.absenceWins = settings.rules().resolution() == Resolution.PRIMARY
                && settings.replica().equals(settings.rules().primary());
    }

    @Override
    public Hash128 node(int level, int index) {
        return tree.node(level, index);
    }

    @Override
    public boolean isEmpty(int level, int index) {
        return tree.isEmpty(level, index);
    }

    @Override
    public boolean holdsNothing(int level, int index) {
        return !absenceWins && tree.holdsNothing(level, index);
    }

    @Override
    public int rows(int segment) {
        return tree.rows(segment);
    }

    @Override
    public boolean hasVectors() {
        return tree.hasVectors();
    }

    @Override
    public List<EntrySummary> segment(int index) {
        List<EntrySummary> entries = new ArrayList<>();
        tree.scanSegment(index, (keyHash, entry) -> entries.add(EntrySummary.of(keyHash, entry)));
        return entries;
    }

    @Override
    public List<EntrySummary> key(long upperLane) {
        List<EntrySummary> entries = new ArrayList<>();
        tree.scanKey(upperLane, (keyHash, entry) -> entries.add(EntrySummary.of(keyHash, entry)));
        return entries;
    }

    @Override
    public long entries() {
        return tree.entries();
    }

    @Override
    public Sketch sketch() {
        return tree.sketch();
    }

    @Override
    public Sketch sketch(List<Integer> segments, int symbols) {
        Sketch sketch = new Sketch(symbols);
        segments.forEach(segment -> tree.sketchSegment(segment, sketch));
        return sketch;
    }

    @Override
    public ElementHash elementHash() {
        return tree.elementHash();
    }
}
