package io.trueup.demo;

import io.trueup.avro.RecordCodec;
import io.trueup.avro.SingleObjectCodec;
import io.trueup.demo.Sightings.Snapshot;
import io.trueup.replica.entry.StoredEntry;
import io.trueup.schema.ReadAnswer;
import io.trueup.schema.ReadObservation;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Clients that read a key from every replica, get differing answers, and tell so in the observations topic until the answers are the
 * same: the key alone is compared and repaired, while the next round is far.
 */
final class Readers implements Trouble {

    private final Cluster cluster;
    private final FaultInjector injector;
    private final int planned;
    private final Sightings sightings;
    private final Clock clock;
    private final RecordCodec<ReadObservation> codec = SingleObjectCodec.of(ReadObservation.class);
    private final Map<Fault, Long> toldMs = new LinkedHashMap<>();
    private final Map<Fault, Long> equalAfterMs = new LinkedHashMap<>();
    private KafkaProducer<byte[], byte[]> producer;
    private long observations;

    /** @param planned how many keys are going to be read */
    Readers(Cluster cluster, FaultInjector injector, int planned, Sightings sightings, Clock clock) {
        this.cluster = cluster;
        this.injector = injector;
        this.planned = planned;
        this.sightings = sightings;
        this.clock = clock;
    }

    @Override
    public FaultKind kind() {
        return FaultKind.PROBE;
    }

    @Override
    public boolean pass() {
        for (Injection injection : injector.happened()) {
            if (injection.fault().kind() == kind() && !equalAfterMs.containsKey(injection.fault())) {
                read(injection);
            }
        }
        boolean over = equalAfterMs.size() == planned;
        if (over && producer != null) {
            producer.close();
            producer = null;
        }
        return over;
    }

    private void read(Injection injection) {
        Fault fault = injection.fault();
        List<ReadAnswer> answers = answers(fault.key());
        long nowMs = clock.millis();
        if (answers.stream().map(ReadAnswer::getVersion).distinct().count() > 1) {
            toldMs.putIfAbsent(fault, nowMs);
            tell(fault.key(), answers, nowMs);
        } else if (toldMs.containsKey(fault)) {
            equalAfterMs.put(fault, Math.max(0, nowMs - injection.atMs()));
        }
    }

    private List<ReadAnswer> answers(String key) {
        List<ReadAnswer> answers = new ArrayList<>();
        cluster.datastores().forEach((replica, datastore) -> {
            Optional<StoredEntry> held = datastore.find(key.getBytes(StandardCharsets.UTF_8));
            answers.add(new ReadAnswer(replica, held.map(StoredEntry::version).orElse(null)));
        });
        return answers;
    }

    private void tell(String key, List<ReadAnswer> answers, long nowMs) {
        if (producer == null) {
            producer = new KafkaProducer<>(
                    Map.of("bootstrap.servers", cluster.bootstrapServers(), "linger.ms", 0),
                    new ByteArraySerializer(),
                    new ByteArraySerializer());
        }
        byte[] observation = codec.encode(Topics.OBSERVATIONS, new ReadObservation("the demo", nowMs, answers));
        var unused = producer.send(
                new ProducerRecord<>(Topics.OBSERVATIONS, key.getBytes(StandardCharsets.UTF_8), observation));
        observations++;
    }

    /** Keys of which a repair was sent that no round has found. */
    private long repairedByProbes() {
        return sightings.snapshot().repairs().stream()
                .filter(repair -> !cluster.timing().isCutOfARound(repair.cutMs()))
                .filter(repair -> toldMs.keySet().stream()
                        .anyMatch(fault -> fault.key().equals(repair.key())
                                && fault.victim().equals(repair.target())))
                .map(SeenRepair::key)
                .distinct()
                .count();
    }

    @Override
    public Account account(Snapshot seen, Balance balance) {
        Account account = balance.account(kind(), tale().isEmpty() ? null : tale().get(0));
        return new Account(
                account.injected(),
                toldMs.size(),
                account.repaired(),
                account.falseRepairs(),
                account.missed(),
                account.note());
    }

    @Override
    public List<String> tale() {
        long[] afterMs = equalAfterMs.values().stream()
                .mapToLong(Long::longValue)
                .sorted()
                .toArray();
        return afterMs.length == 0
                ? List.of()
                : List.of(
                        Screen.number(repairedByProbes()) + " of " + Screen.number(planned)
                                + " keys that readers had told of (" + Screen.number(observations)
                                + " observations) were repaired by probes, before any round",
                        "right again after " + Screen.seconds(afterMs[0]) + " to "
                                + Screen.seconds(afterMs[afterMs.length - 1]) + ", of which "
                                + Screen.seconds(cluster.timing().graceMs()) + " are grace; rounds are "
                                + Screen.seconds(cluster.timing().intervalMs()) + " apart");
    }
}
