package io.trueup.job;

import io.trueup.avro.RecordCodecs;
import io.trueup.config.ReplicaTopics;
import io.trueup.config.TrueupConfig;
import io.trueup.mac.RecordMac;
import io.trueup.reconcile.Repair;
import io.trueup.repair.ReadLimits;
import io.trueup.repair.ValueReader;
import io.trueup.report.RoundsTopicReader;
import io.trueup.schema.RoundReport;
import io.trueup.source.WriteFormat;
import java.util.Map;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.consumer.KafkaConsumer;

/** Opens what reads topics beside the stream threads. */
final class JobReaders {

    private JobReaders() {}

    /** Reads values back from the writes topic of a replica. */
    static ValueReader<Repair> values(TrueupConfig config, String replica, RecordCodecs codecs) {
        Map<String, Object> properties = config.consumerProperties();
        properties.put(CommonClientConfigs.CLIENT_ID_CONFIG, config.applicationId(replica) + "-values");
        ReplicaTopics topics = config.replica(replica);
        return new ValueReader<>(
                properties,
                topics.writesTopic(),
                WriteFormat.of(topics.writesFormatName(), topics.writesTopic(), codecs),
                ReadLimits.DEFAULT);
    }

    /**
     * Reads the round reports of all reconcilers.
     *
     * @param now the time by which rounds are due
     */
    static RoundsTopicReader rounds(TrueupConfig config, int partitions, RecordCodecs codecs, LongSupplier now) {
        Map<String, Object> properties = config.consumerProperties();
        properties.put(CommonClientConfigs.CLIENT_ID_CONFIG, "trueup-" + config.dataset() + "-rounds");
        return new RoundsTopicReader(
                config.settings(config.replicas().get(0)),
                partitions,
                config.roundsTopic(),
                codecs.of(RoundReport.class),
                new RecordMac(config.controlSecrets(), RecordMac.Use.ROUND_REPORT),
                () -> new KafkaConsumer<>(properties),
                now);
    }
}
