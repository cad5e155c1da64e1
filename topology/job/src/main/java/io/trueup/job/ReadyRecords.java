package io.trueup.job;

import io.trueup.config.ReplicaTopics;
import io.trueup.config.TrueupConfig;
import io.trueup.mac.RecordMac.Verdict;
import io.trueup.repair.RepairFormat;
import io.trueup.source.WriteFormat;
import io.trueup.stream.ReplicaContext.Codecs;
import io.trueup.tree.KeyedHash;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Predicate;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Decides whether the records of a reconciler's sources can be decoded, or whether a schema registry has to be asked first. */
final class ReadyRecords {

    private ReadyRecords() {}

    /** Returns, by topic, whether a record can be decoded; empty without a registry, because then all can be. */
    static Map<String, Predicate<ConsumerRecord<byte[], byte[]>>> of(
            TrueupConfig config, String replica, Codecs codecs) {
        Map<String, Predicate<ConsumerRecord<byte[], byte[]>>> ready = new HashMap<>();
        if (!config.registry().isConfigured()) {
            return ready;
        }
        ReplicaTopics own = config.replica(replica);
        WriteFormat writes = config.valueForm()
                .applied(
                        WriteFormat.of(own.writesFormatName(), own.writesTopic(), codecs.records()),
                        own.writesTopic(),
                        codecs.records(),
                        new KeyedHash(config.settings(replica).secret()));
        ready.put(own.writesTopic(), record -> writes.isReady(record.key(), record.value()));
        config.controlTopics().forEach(topic -> ready.put(topic, record -> isReady(record, codecs)));
        if (own.repairsTopic() != null) {
            RepairFormat repairs = RepairFormat.of(
                    own.repairsFormat().label(), config.dataset(), replica, own.repairsTopic(), codecs.records());
            ready.put(own.repairsTopic(), record -> repairs.isReady(record.value()));
        }
        return ready;
    }

    /** A forged message is never decoded, so nothing waits for its schema, and no registry is asked for it. */
    private static boolean isReady(ConsumerRecord<byte[], byte[]> record, Codecs codecs) {
        return codecs.controlMac().check(record.key(), record.value(), record.headers()) != Verdict.AUTHENTIC
                || codecs.control().isReady(record.topic(), record.value());
    }
}
