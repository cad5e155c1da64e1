package io.trueup.demo.fault;

import io.trueup.avro.RecordCodec;
import io.trueup.avro.SingleObjectCodec;
import io.trueup.demo.cluster.EmittedRepair;
import io.trueup.demo.cluster.Topics;
import io.trueup.demo.console.Figures;
import io.trueup.demo.feed.TableComparison;
import io.trueup.replica.entry.StoredEntry;
import io.trueup.schema.ReadAnswer;
import io.trueup.schema.ReadObservation;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Clients read a key from every replica, get different answers, and report them in the observations topic until the answers are
 * equal. Each such key is compared and repaired at once, long before the next round.
 */
final class ProbeScenario implements Scenario {

    private final ScenarioContext context;
    private final int planned;
    private final RecordCodec<ReadObservation> codec = SingleObjectCodec.of(ReadObservation.class);
    private final Map<Fault, Long> firstReportedMs = new LinkedHashMap<>();
    private final Map<Fault, Long> equalAfterMs = new LinkedHashMap<>();
    private KafkaProducer<byte[], byte[]> producer;
    private long observations;

    /** @param planned number of keys that clients will read */
    ProbeScenario(ScenarioContext context, int planned) {
        this.context = context;
        this.planned = planned;
    }

    @Override
    public FaultKind kind() {
        return FaultKind.PROBE;
    }

    @Override
    public boolean advance() {
        for (Injection injection : context.injector().happened()) {
            if (injection.fault().kind() == kind() && !equalAfterMs.containsKey(injection.fault())) {
                read(injection);
            }
        }
        boolean finished = equalAfterMs.size() == planned;
        if (finished && producer != null) {
            producer.close();
            producer = null;
        }
        return finished;
    }

    private void read(Injection injection) {
        Fault fault = injection.fault();
        List<ReadAnswer> answers = answers(fault.key());
        long nowMs = context.nowMs();
        if (answers.stream().map(ReadAnswer::getVersion).distinct().count() > 1) {
            firstReportedMs.putIfAbsent(fault, nowMs);
            report(fault.key(), answers, nowMs);
        } else if (firstReportedMs.containsKey(fault)) {
            equalAfterMs.put(fault, Math.max(0, nowMs - injection.atMs()));
        }
    }

    private List<ReadAnswer> answers(String key) {
        List<ReadAnswer> answers = new ArrayList<>();
        context.cluster().datastores().forEach((replica, datastore) -> {
            Optional<StoredEntry> stored = datastore.find(key.getBytes(StandardCharsets.UTF_8));
            answers.add(new ReadAnswer(replica, stored.map(StoredEntry::version).orElse(null)));
        });
        return answers;
    }

    private void report(String key, List<ReadAnswer> answers, long nowMs) {
        if (producer == null) {
            producer = new KafkaProducer<>(
                    Map.of("bootstrap.servers", context.cluster().bootstrapServers(), "linger.ms", 0),
                    new ByteArraySerializer(),
                    new ByteArraySerializer());
        }
        byte[] observation = codec.encode(Topics.OBSERVATIONS, new ReadObservation("the demo", nowMs, answers));
        var unused = producer.send(
                new ProducerRecord<>(Topics.OBSERVATIONS, key.getBytes(StandardCharsets.UTF_8), observation));
        observations++;
    }

    /** Number of reported keys for which a repair was emitted that belongs to no round. */
    private long repairedByProbes() {
        return context.seen().repairs().stream()
                .filter(repair -> !context.cluster().times().isCutOfARound(repair.cutMs()))
                .filter(repair -> firstReportedMs.keySet().stream()
                        .anyMatch(fault -> fault.key().equals(repair.key())
                                && fault.victim().equals(repair.target())))
                .map(EmittedRepair::key)
                .distinct()
                .count();
    }

    @Override
    public FaultResult result(RepairMatching matching, Map<String, TableComparison> tables) {
        return matching.result(kind(), summary().isEmpty() ? null : summary().get(0))
                .withFound(firstReportedMs.size());
    }

    @Override
    public List<String> summary() {
        long[] afterMs = equalAfterMs.values().stream()
                .mapToLong(Long::longValue)
                .sorted()
                .toArray();
        if (afterMs.length == 0) {
            return List.of();
        }
        return List.of(
                Figures.number(repairedByProbes()) + " of " + Figures.number(planned) + " keys that readers reported ("
                        + Figures.number(observations) + " observations) were repaired by probes, before any round",
                "equal again after " + Figures.seconds(afterMs[0]) + " to "
                        + Figures.seconds(afterMs[afterMs.length - 1]) + ", including "
                        + Figures.seconds(context.cluster().times().graceMs()) + " of grace; rounds are "
                        + Figures.seconds(context.cluster().times().intervalMs()) + " apart");
    }
}
