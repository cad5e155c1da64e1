package io.trueup.reconcile.exchange;

import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.sketch.ElementHash;
import io.trueup.sketch.Sketch;
import java.util.List;

/** The tree of the local replica, with sketches of what it contains, as the exchange reads them. */
public interface LocalSketches extends LocalTree {

    /** Live entries in the sealed tree. */
    long entries();

    /** The first symbols of the sketch of the sealed tree; it must not be changed. */
    Sketch sketch();

    /** A sketch of the live entries that the replica holds in some segments now. */
    Sketch sketch(List<Integer> segments, int symbols);

    /** The hashes of the elements of these sketches. */
    ElementHash elementHash();

    /** What the replica holds now for the keys whose hashes have a given upper lane, tombstones included: hardly ever more than one. */
    List<EntrySummary> key(long upperLane);
}
