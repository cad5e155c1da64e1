package io.trueup.demo;

import java.util.List;

/**
 * A fault that takes its time: it is looked at again and again, does its next step when it is due, and knows in the end what came
 * of it. Not thread-safe.
 */
interface Trouble {

    /** What it is. */
    FaultKind kind();

    /** Does the next step if it is time to. True once nothing more is to come. */
    boolean pass();

    /** Whether a repair is right because of it, though no single write was faulty. */
    default boolean explains(SeenRepair repair) {
        return false;
    }

    /** Whether a repair that nothing explains is to be laid to it. */
    default boolean concerns(SeenRepair repair) {
        return false;
    }

    /** What came of it. */
    Account account(Sightings.Snapshot seen, Balance balance);

    /** The story for people, without indentation. */
    List<String> tale();
}
