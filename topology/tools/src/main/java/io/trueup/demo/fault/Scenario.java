package io.trueup.demo.fault;

import io.trueup.demo.cluster.EmittedRepair;
import io.trueup.demo.feed.TableComparison;
import java.util.List;
import java.util.Map;

/**
 * A fault that takes several steps. The demo calls {@link #advance} repeatedly until the scenario is finished, then asks for its
 * result. Not thread-safe.
 */
interface Scenario {

    FaultKind kind();

    /** Does the next step if it is due. Returns true once the scenario is finished. */
    boolean advance();

    /** Whether this scenario makes a repair correct although no fault was injected into the row that it repairs. */
    default boolean explains(EmittedRepair repair) {
        return false;
    }

    /**
     * The result so far.
     *
     * @param matching injected faults and repairs
     * @param tables the tables compared with the feed, by replica; empty before the end of the demo
     */
    FaultResult result(RepairMatching matching, Map<String, TableComparison> tables);

    /** What happened, for the transcript: lines without indentation. */
    List<String> summary();
}
