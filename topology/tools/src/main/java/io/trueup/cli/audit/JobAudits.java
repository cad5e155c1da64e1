package io.trueup.cli.audit;

import io.trueup.audit.Audit;
import io.trueup.audit.AuditPoint;
import io.trueup.audit.AuditRequest;
import io.trueup.audit.AuditedReplica;
import io.trueup.audit.result.AuditResult;
import io.trueup.avro.RecordCodecs;
import io.trueup.config.ReplicaTopics;
import io.trueup.config.TrueupConfig;
import io.trueup.ops.audit.AuditOrder;
import io.trueup.ops.audit.AuditOutcome;
import io.trueup.ops.audit.AuditRunner;
import io.trueup.registry.ConfiguredCodecs;
import io.trueup.topic.Cluster;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Audits of the dataset of a running job, in its process: with few resources, of all replicas, and without the values of keys. The report is
 * the page that {@code trueup audit --output html} writes. Thread-safe.
 */
public final class JobAudits implements AuditRunner {

    @Override
    public Run prepare(TrueupConfig config, AuditOrder order) {
        RecordCodecs codecs = ConfiguredCodecs.open(config.registry(), AuditOrder.PATIENCE);
        return new Opened(new Audit(request(config, order, codecs)), codecs);
    }

    private static AuditRequest request(TrueupConfig config, AuditOrder order, RecordCodecs codecs) {
        Set<Integer> partitions = new TreeSet<>(order.partitions());
        return new AuditRequest(
                config.replicas().stream().map(name -> replica(config, name)).toList(),
                config.settings(config.replicas().get(0)),
                order.atMs().isPresent()
                        ? new AuditPoint.Time(order.atMs().getAsLong(), Optional.empty())
                        : new AuditPoint.Latest(),
                order.settle(),
                partitions,
                Optional.empty(),
                false,
                new AuditRequest.Bounds(
                        AuditOrder.THREADS, AuditOrder.memoryBytes(), AuditOrder.MAX_KEYS, AuditOrder.PATIENCE),
                false,
                Optional.empty(),
                codecs);
    }

    private static AuditedReplica replica(TrueupConfig config, String name) {
        ReplicaTopics topics = config.replica(name);
        return new AuditedReplica(
                name,
                topics.writesTopic(),
                topics.writesFormat().label(),
                config.valueForm(),
                Optional.ofNullable(topics.repairsTopic()),
                new Cluster(config.adminProperties(), config.consumerProperties()));
    }

    /** One audit, and what is closed at its end. */
    private record Opened(Audit audit, RecordCodecs codecs) implements Run {

        @Override
        public Progress progress() {
            Audit.Progress progress = audit.progress();
            return new Progress(progress.passed(), progress.expected(), progress.records());
        }

        @Override
        public void stop() {
            audit.stop();
        }

        @Override
        @SuppressWarnings("try") // the codecs are open as long as the audit
        public AuditOutcome run() throws IOException {
            try (RecordCodecs open = codecs) {
                AuditResult result = audit.run();
                return new AuditOutcome(
                        result.verdict().name(), result.partial(), Math.max(0, result.divergentKeys()), page(result));
            }
        }

        private static byte[] page(AuditResult result) throws IOException {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            try (PrintWriter out = new PrintWriter(bytes, false, StandardCharsets.UTF_8)) {
                AuditPage.write(result, Optional.empty(), out);
            }
            return bytes.toByteArray();
        }
    }
}
