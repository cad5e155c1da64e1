package io.trueup.stream;

import io.trueup.avro.RecordCodec;
import io.trueup.config.TrueupConfig;
import io.trueup.control.ControlCodec;
import io.trueup.reconcile.Settings;
import io.trueup.report.FloodAlarm;
import io.trueup.schema.ConflictEvent;
import io.trueup.schema.RoundReport;
import io.trueup.state.StateIdentity;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.common.TopicPartition;

/**
 * What all tasks of one replica share. Thread-safe, as each of its parts is.
 *
 * @param replica its name
 * @param inForce the configuration; tasks look for another one at each tick
 * @param identity what the stored entries are built from
 * @param logAppendTime whether the writes topic carries the broker's time
 * @param exactlyOnce whether what is sent is visible only after a commit
 * @param control encodes control messages
 * @param reports encodes round reports
 * @param conflicts encodes conflicts
 * @param positions how far the input is read
 * @param ends where it ends
 * @param values reads values back
 * @param deadLetters makes dead letters
 * @param tally what is counted
 * @param floodAlarm tells people when the flood guard trips
 * @param repairsPerSecond share of {@code repair.rate} that one partition has
 */
public record ReplicaContext(
        String replica,
        AtomicReference<ActiveConfig> inForce,
        StateIdentity identity,
        boolean logAppendTime,
        boolean exactlyOnce,
        ControlCodec control,
        RecordCodec<RoundReport> reports,
        RecordCodec<ConflictEvent> conflicts,
        ConsumerPositions positions,
        EndOffsets ends,
        ValueReads values,
        DeadLetters deadLetters,
        ReplicaMetrics tally,
        FloodAlarm floodAlarm,
        double repairsPerSecond) {

    ActiveConfig present() {
        return inForce.get();
    }

    TrueupConfig config() {
        return present().config();
    }

    public Settings settings() {
        return present().settings();
    }

    TopicPartition writesPartition(int partition) {
        return new TopicPartition(config().replica(replica).writesTopic(), partition);
    }
}
