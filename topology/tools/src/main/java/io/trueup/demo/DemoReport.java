package io.trueup.demo;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * What {@code --report} writes: one JSON object with these fields. Maps by kind have the names MISSING, STALE, CORRUPT,
 * UNDELETED and CONFLICT.
 *
 * @param keys different keys that were loaded
 * @param replicas number of replicas
 * @param partitions number of partitions
 * @param seed seed of the faults
 * @param injected faults that the injector has recorded, by kind
 * @param repaired of these, how many were repaired according to the repair topics, by the reason that the repair gives
 * @param falseRepairs repair events for a key on a replica where nothing was injected, and no other fault explains them
 * @param missed injected faults without repair event or still there at the end
 * @param converged whether all tables hold exactly what the feed says, all rows compared
 * @param rounds rounds of the job
 * @param controlBytes size of all control messages
 * @param seconds from start to verdict
 * @param failure what went wrong, or null
 * @param faults the names of the faults that were asked for
 * @param byFault what came of each fault that was asked for
 * @param outages replicas that were stopped for a while
 * @param writes writes to the feed
 * @param rows live rows at the end, by replica
 * @param unequalRows rows that differ from the feed at the end, by replica
 * @param repairsByReplica repair events by target, each once
 * @param repeatedRepairs repair events that were emitted again
 * @param references repair events, each once, that carry no value but say where to fetch it
 * @param roundsAllEqual rounds in which every replica found every partition equal
 * @param controlMessages control messages by type
 * @param segmentsCompared segments whose entries were exchanged, added up over all reconcilers
 * @param keysCompared keys compared one by one, added up likewise
 * @param malformed malformed records that the job has counted
 * @param deadLetters records in the dead-letter topic
 * @param repairLatency from a fault to the repaired row
 */
record DemoReport(
        long keys,
        int replicas,
        int partitions,
        long seed,
        Map<String, Long> injected,
        Map<String, Long> repaired,
        long falseRepairs,
        long missed,
        boolean converged,
        long rounds,
        long controlBytes,
        double seconds,
        String failure,
        List<String> faults,
        Map<String, Account> byFault,
        int outages,
        long writes,
        Map<String, Long> rows,
        Map<String, Long> unequalRows,
        Map<String, Long> repairsByReplica,
        long repeatedRepairs,
        long references,
        long roundsAllEqual,
        Map<String, Long> controlMessages,
        long segmentsCompared,
        long keysCompared,
        long malformed,
        long deadLetters,
        Latency repairLatency) {

    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    /** Whether everything is as it should be. */
    boolean good() {
        return failure == null && converged && falseRepairs == 0 && missed == 0;
    }

    void write(Path file) {
        try {
            JSON.writeValue(file.toFile(), this);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write the report to " + file, e);
        }
    }
}
