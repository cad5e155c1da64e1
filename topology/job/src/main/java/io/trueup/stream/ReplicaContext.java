package io.trueup.stream;

import io.trueup.avro.RecordCodec;
import io.trueup.avro.RecordCodecs;
import io.trueup.config.TrueupConfig;
import io.trueup.control.ControlCodec;
import io.trueup.mac.RecordMac;
import io.trueup.reconcile.clock.RoundClock;
import io.trueup.reconcile.exchange.RoundMemory;
import io.trueup.reconcile.flood.FloodTotals;
import io.trueup.reconcile.settings.Settings;
import io.trueup.report.FloodAlarm;
import io.trueup.schema.ConflictEvent;
import io.trueup.schema.ControlMessage;
import io.trueup.schema.RoundReport;
import io.trueup.state.StateIdentity;
import io.trueup.stream.decode.DeadLetters;
import io.trueup.stream.record.MessageLimits;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.common.TopicPartition;

/**
 * What all tasks of one replica share. Thread-safe, as each component is.
 *
 * @param replica name of the replica
 * @param activeConfig the configuration in force; tasks look for another one at each tick
 * @param identity what the stored entries are built from
 * @param writes what is known about the writes topic
 * @param codecs encoders of what is sent
 * @param values reads values back from the writes topic
 * @param deadLetters makes dead letters
 * @param metrics counts since the process started
 * @param shared what all partitions of all replicas in the process share
 * @param clocks the clocks of all reconcilers in this process
 * @param sending how records are sent
 */
public record ReplicaContext(
        String replica,
        AtomicReference<ActiveConfig> activeConfig,
        StateIdentity identity,
        WritesTopic writes,
        Codecs codecs,
        ValueReads values,
        DeadLetters deadLetters,
        ReplicaMetrics metrics,
        Shared shared,
        JobClocks clocks,
        Sending sending) {

    /**
     * What is known about the writes topic, and about what the datastore is fed from.
     *
     * @param logAppendTime whether its records carry the broker's time
     * @param positions how far this process has read it
     * @param ends where its partitions end
     * @param history what its partitions still contain
     * @param feed how far the datastore has consumed what it is fed from
     */
    public record WritesTopic(
            boolean logAppendTime,
            ConsumerPositions positions,
            EndOffsets ends,
            WritesHistory history,
            FeedProgress feed) {}

    /**
     * How records are sent.
     *
     * @param exactlyOnce whether they are visible to others only after a commit
     * @param repairsPerSecond share of {@code repair.rate} that one partition has
     * @param limits how large they may be
     */
    public record Sending(boolean exactlyOnce, double repairsPerSecond, MessageLimits limits) {}

    /**
     * Encoders of what is sent.
     *
     * @param records make all others
     * @param control control messages
     * @param controlMac signs and verifies them
     * @param reports round reports
     * @param reportMac signs them
     * @param conflicts conflicts
     */
    public record Codecs(
            RecordCodecs records,
            ControlCodec control,
            RecordMac controlMac,
            RecordCodec<RoundReport> reports,
            RecordMac reportMac,
            RecordCodec<ConflictEvent> conflicts) {

        public static Codecs of(TrueupConfig config, RecordCodecs records) {
            return new Codecs(
                    records,
                    new ControlCodec(config.dataset(), records.of(ControlMessage.class)),
                    new RecordMac(config.controlSecrets(), RecordMac.Use.CONTROL),
                    records.of(RoundReport.class),
                    new RecordMac(config.controlSecrets(), RecordMac.Use.ROUND_REPORT),
                    records.of(ConflictEvent.class));
        }
    }

    /**
     * What all partitions of all replicas in the process share.
     *
     * @param alarm reports that a flood guard has tripped
     * @param totals what the flood guards have found
     * @param memory how much the rounds may take up
     */
    public record Shared(FloodAlarm alarm, FloodTotals totals, RoundMemory memory) {}

    FloodAlarm floodAlarm() {
        return shared.alarm();
    }

    FloodTotals floodTotals() {
        return shared.totals();
    }

    RoundMemory roundMemory() {
        return shared.memory();
    }

    ActiveConfig active() {
        return activeConfig.get();
    }

    TrueupConfig config() {
        return active().config();
    }

    public Settings settings() {
        return active().settings();
    }

    /** The clock of a partition; see {@link JobClocks#clock}. */
    RoundClock clock(int partition, long steadyMs) {
        return clocks.clock(settings(), partition, steadyMs);
    }

    TopicPartition writesPartition(int partition) {
        return new TopicPartition(config().replica(replica).writesTopic(), partition);
    }
}
