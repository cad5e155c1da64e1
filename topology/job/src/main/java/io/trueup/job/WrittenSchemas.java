package io.trueup.job;

import io.trueup.avro.RecordCodecs;
import io.trueup.config.ReplicaTopics;
import io.trueup.config.ReplicaTopics.Format;
import io.trueup.config.TrueupConfig;
import io.trueup.schema.ConflictEvent;
import io.trueup.schema.ControlMessage;
import io.trueup.schema.RepairEvent;
import io.trueup.schema.RoundReport;

/** The schemas of all that the job writes. */
final class WrittenSchemas {

    private WrittenSchemas() {}

    /**
     * Asks a registry for their ids before anything is written, so that no stream thread waits for it. Without a registry there is
     * nothing to ask.
     *
     * @throws io.trueup.avro.SchemaRefusedException if the registry refuses one of them
     * @throws io.trueup.avro.RegistryUnavailableException if the registry gives no answer
     */
    static void prepare(TrueupConfig config, RecordCodecs codecs) {
        codecs.of(ControlMessage.class).prepare(config.controlTopic());
        codecs.of(RoundReport.class).prepare(config.roundsTopic());
        codecs.of(ConflictEvent.class).prepare(config.conflictsTopic());
        for (String name : config.replicas()) {
            ReplicaTopics replica = config.replica(name);
            if (replica.repairsTopic() != null && replica.repairsFormat() == Format.TRUEUP) {
                codecs.writing(replica.repairsEncoding()).of(RepairEvent.class).prepare(replica.repairsTopic());
            }
        }
    }
}
