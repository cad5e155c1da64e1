package io.trueup.demo;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.trueup.demo.fault.FaultResult;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The result of a run, which {@code --report} writes as JSON: one object that has the components of all groups as fields. Maps by
 * divergence have the names MISSING, STALE, CORRUPT, UNDELETED and CONFLICT.
 */
record DemoReport(Setup setup, Outcome outcome, Faults faults, Repairs repairs, Tables tables, JobCounts job) {

    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    /**
     * What was run.
     *
     * @param keys number of keys that were loaded
     * @param replicas number of replicas
     * @param partitions number of partitions
     * @param seed seed of the faults
     * @param faults names of the faults that were asked for
     */
    record Setup(long keys, int replicas, int partitions, long seed, List<String> faults) {}

    /**
     * The outcome.
     *
     * @param falseRepairs repair events of rows without an injected fault that no scenario explains
     * @param missed injected faults without a repair event, or whose row is wrong at the end
     * @param converged whether all tables hold exactly what the feed says, all rows compared
     * @param seconds from start to verdict
     * @param failure what went wrong, or null
     */
    record Outcome(long falseRepairs, long missed, boolean converged, double seconds, String failure) {}

    /**
     * Faults.
     *
     * @param injected number of faults that the injector has recorded, by divergence
     * @param repaired number of these that were repaired according to the repair topics, by the reason that the repair gives
     * @param byFault result of each kind of fault that was asked for
     * @param outages number of replicas that were stopped for a while
     */
    record Faults(
            Map<String, Long> injected, Map<String, Long> repaired, Map<String, FaultResult> byFault, int outages) {}

    /**
     * Repair events.
     *
     * @param repairsByReplica repair events by target, each once
     * @param repeatedRepairs number of repair events that repeat an earlier one
     * @param references repair events, each once, that carry no value but the place to fetch it
     * @param repairLatency from fault to repaired row
     */
    record Repairs(Map<String, Long> repairsByReplica, long repeatedRepairs, long references, Latency repairLatency) {}

    /**
     * Tables.
     *
     * @param writes number of writes to the feed
     * @param rows live rows at the end, by replica
     * @param unequalRows rows that differ from the feed at the end, by replica
     */
    record Tables(long writes, Map<String, Long> rows, Map<String, Long> unequalRows) {}

    /**
     * What the job did.
     *
     * @param rounds number of rounds
     * @param roundsAllEqual number of rounds in which every replica found every partition equal
     * @param controlBytes size of all control messages
     * @param controlMessages control messages by type
     * @param segmentsCompared segments whose entries were exchanged, added up over all reconcilers
     * @param keysCompared keys compared one by one, added up over all reconcilers
     * @param malformed malformed records that the job has counted
     * @param deadLetters records in the dead-letter topic
     */
    record JobCounts(
            long rounds,
            long roundsAllEqual,
            long controlBytes,
            Map<String, Long> controlMessages,
            long segmentsCompared,
            long keysCompared,
            long malformed,
            long deadLetters) {}

    /** Whether all faults were repaired, nothing else was, and all tables are equal. */
    boolean good() {
        return outcome.failure() == null && outcome.converged() && outcome.falseRepairs() == 0 && outcome.missed() == 0;
    }

    void write(Path file) {
        try {
            JSON.writeValue(file.toFile(), json());
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write the report to " + file, e);
        }
    }

    /** One object with the fields of all groups. */
    ObjectNode json() {
        ObjectNode json = JSON.createObjectNode();
        for (Object group : List.of(setup, outcome, faults, repairs, tables, job)) {
            json.setAll((ObjectNode) JSON.valueToTree(group));
        }
        return json;
    }
}
