package io.trueup.ops.metrics;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.trueup.job.JobStatus;
import io.trueup.job.JobStatus.ReplicaStatus;
import io.trueup.reconcile.RoundSummary;
import io.trueup.reconcile.exchange.RoundMemory;
import io.trueup.stream.ReplicaMetrics.PartitionStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;

/** What the status of the job counts, of each hosted replica and of the process. Not thread-safe, except that meters may be read on any thread. */
final class JobMeters {

    private static final double MS_PER_SECOND = 1_000;

    private final MeterRegistry registry;
    private final Map<String, List<Meter>> byReplica = new TreeMap<>();
    private volatile JobStatus status;

    JobMeters(MeterRegistry registry) {
        this.registry = registry;
        memory("heard", RoundMemory.Use::heard);
        memory("early", RoundMemory.Use::early);
        memory("attempts", RoundMemory.Use::attempts);
        memory("waiting", RoundMemory.Use::waiting);
        memory("expiries", RoundMemory.Use::expiries);
    }

    private void memory(String part, ToLongFunction<RoundMemory.Use> bytes) {
        Gauge.builder("trueup.memory", this, meters -> {
                    JobStatus known = meters.status;
                    return known == null ? Double.NaN : bytes.applyAsLong(known.memory());
                })
                .description("What rounds and repairs take up in memory, about.")
                .baseUnit("bytes")
                .tag("part", part)
                .register(registry);
    }

    /** Takes the values that are read from now on. */
    void update(JobStatus now) {
        status = now;
        now.replicas().keySet().forEach(replica -> byReplica.computeIfAbsent(replica, this::register));
        byReplica.entrySet().removeIf(known -> {
            boolean gone = !now.replicas().containsKey(known.getKey());
            if (gone) {
                known.getValue().forEach(registry::remove);
            }
            return gone;
        });
    }

    private List<Meter> register(String replica) {
        List<Meter> meters = new ArrayList<>();
        meters.add(counter(
                replica,
                "trueup.dead.letters",
                "Records that could not be read, and were sent to the dead-letter topic.",
                ReplicaStatus::malformed));
        meters.add(counter(
                replica,
                "trueup.reference.repairs",
                "Repairs sent without a value, which name the replica that holds it.",
                ReplicaStatus::references));
        meters.add(counter(
                replica,
                "trueup.unsent.repairs",
                "Repairs dropped before they were sent; a later round decides them again.",
                ReplicaStatus::unsentRepairs));
        meters.add(counter(
                replica, "trueup.lost.records", "Records that the brokers did not take.", ReplicaStatus::lostRecords));
        meters.add(counter(
                replica,
                "trueup.built.trees",
                "Trees built from stored entries: one for each partition at each start of its task.",
                ReplicaStatus::treesBuilt));
        meters.add(gauge(
                replica,
                "trueup.held.partitions",
                null,
                "Partitions whose task this process holds.",
                one -> one.partitions().size()));
        meters.add(gauge(
                replica,
                "trueup.entries",
                null,
                "Live entries at the last cut of each partition that this process holds.",
                one -> lastRounds(one)
                        .mapToLong(round -> round.holdings().entries())
                        .sum()));
        meters.add(gauge(
                replica,
                "trueup.rounds.without.comparison",
                null,
                "Consecutive rounds that have compared nothing, of the partition of this process with most of them.",
                one -> lastRounds(one)
                        .mapToInt(RoundSummary::roundsWithoutComparison)
                        .max()
                        .orElse(0)));
        meters.add(gauge(
                replica,
                "trueup.registry.waiting.partitions",
                null,
                "Topic partitions that are not read on, because a record waits for a schema registry.",
                one -> one.waiting().partitions()));
        meters.add(gauge(
                replica,
                "trueup.registry.wait",
                "seconds",
                "How long the record waits for a schema registry that waits longest.",
                one -> one.waiting().oldestMs() / MS_PER_SECOND));
        return meters;
    }

    private static Stream<RoundSummary> lastRounds(ReplicaStatus replica) {
        return replica.partitions().values().stream()
                .map(PartitionStatus::lastRound)
                .filter(Objects::nonNull);
    }

    private Meter counter(String replica, String name, String description, ToDoubleFunction<ReplicaStatus> value) {
        return FunctionCounter.builder(name, this, meters -> meters.value(replica, value))
                .description(description)
                .tag(RoundMeters.REPLICA, replica)
                .register(registry);
    }

    private Meter gauge(
            String replica, String name, String unit, String description, ToDoubleFunction<ReplicaStatus> value) {
        return Gauge.builder(name, this, meters -> meters.value(replica, value))
                .description(description)
                .baseUnit(unit)
                .tag(RoundMeters.REPLICA, replica)
                .register(registry);
    }

    private double value(String replica, ToDoubleFunction<ReplicaStatus> value) {
        ReplicaStatus one = status.replicas().get(replica);
        return one == null ? Double.NaN : value.applyAsDouble(one);
    }
}
