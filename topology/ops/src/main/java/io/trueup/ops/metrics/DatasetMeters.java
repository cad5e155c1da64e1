package io.trueup.ops.metrics;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.MultiGauge.Row;
import io.micrometer.core.instrument.Tags;
import io.trueup.ops.rounds.DatasetView;
import io.trueup.ops.rounds.ReplicaProgress;
import io.trueup.reconcile.rule.Conflict;
import io.trueup.reconcile.rule.Divergence;
import io.trueup.status.DatasetStatus;
import io.trueup.status.PartitionStatus;
import io.trueup.status.ReplicaStatus;
import io.trueup.status.State;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What the reports of all reconcilers say about the whole dataset: the same in each process. All values of a label are always there,
 * with 0 where nothing counts. Not thread-safe.
 */
final class DatasetMeters {

    private static final double MS_PER_SECOND = 1_000;

    private final MeterRegistry registry;
    private final Map<String, MultiGauge> gauges = new TreeMap<>();

    DatasetMeters(MeterRegistry registry) {
        this.registry = registry;
    }

    /** Takes the values that are read from now on. */
    void update(DatasetView view) {
        DatasetStatus status = view.status();
        List<PartitionStatus> partitions = status.partitions();
        set(
                "trueup.partitions",
                null,
                "Partitions of the dataset that have more than one owner, by the worst state that applies.",
                Arrays.stream(State.values())
                        .map(state -> row(
                                "state",
                                RoundMeters.label(state),
                                status.partitions().stream()
                                        .filter(partition -> partition.state() == state)
                                        .count()))
                        .toList());
        set(
                "trueup.divergent.keys",
                null,
                "Divergent keys at the latest cuts, by kind. A key that differs at two replicas counts twice.",
                labels(
                        "kind",
                        names(Divergence.values()),
                        sum(partitions, partition -> partition.differences().byKind())));
        set(
                "trueup.needs.person.keys",
                null,
                "Keys that only a person can decide, by reason.",
                labels("reason", names(Conflict.Reason.values()), sum(partitions, PartitionStatus::needsPerson)));
        set(
                "trueup.failed.keys",
                null,
                "Keys that still differ after all attempts to repair them.",
                List.of(Row.of(
                        Tags.empty(),
                        partitions.stream()
                                .mapToLong(one -> one.repairs().failed())
                                .sum())));
        List<String> replicas =
                status.replicas().stream().map(ReplicaStatus::name).toList();
        set(
                "trueup.unproven.keys",
                null,
                "Keys of the target that wait for a proof, which time does not replace.",
                labels(RoundMeters.TARGET, replicas, sum(partitions, DatasetMeters::waits)));
        Map<String, Long> heldBack = sum(partitions, one -> one.repairs().heldBack());
        set(
                "trueup.guard.held.back.keys",
                null,
                "Repairs of the target that the flood guard holds back, estimated.",
                labels(RoundMeters.TARGET, replicas, heldBack));
        heldBack.replaceAll((target, count) -> Math.min(1, count));
        set(
                "trueup.guard.held.back",
                null,
                "1 if the flood guard holds back repairs of the target, until a person decides.",
                labels(RoundMeters.TARGET, replicas, heldBack));
        set(
                "trueup.paused",
                null,
                "1 if a person has paused the repairs of the target.",
                labels(
                        RoundMeters.TARGET,
                        replicas,
                        status.paused().keySet().stream().collect(Collectors.toMap(target -> target, target -> 1L))));
        owners(
                "trueup.rebuilding",
                "1 if the replica builds its state again in some partition.",
                status,
                replicas,
                PartitionStatus.Owners::rebuilding);
        owners(
                "trueup.lagging",
                "1 if the replica lags behind as a whole in some partition, and is waited for.",
                status,
                replicas,
                owners ->
                        owners.lags().stream().map(PartitionStatus.Lag::replica).collect(Collectors.toSet()));
        owners(
                "trueup.silent",
                "1 if nothing is heard of the replica in some partition.",
                status,
                replicas,
                PartitionStatus.Owners::silent);
        progress(
                view,
                "trueup.agreement.age",
                "Age of the latest cut at which the replica was found equal to all other owners, of the partition for which it is oldest. Without such a cut, the age of the first report.",
                ReplicaProgress::agreementAgeMs);
        progress(
                view,
                "trueup.lag",
                "How far the newest write of the replica is behind the newest write of another owner, of the partition for which it is furthest.",
                ReplicaProgress::lagMs);
        progress(
                view,
                "trueup.report.age",
                "Age of the latest cut of which the reconciler of the replica has reported, of the partition for which it is oldest.",
                ReplicaProgress::reportAgeMs);
    }

    private void owners(
            String name,
            String description,
            DatasetStatus status,
            List<String> replicas,
            Function<PartitionStatus.Owners, ? extends Collection<String>> some) {
        Map<String, Long> counts = status.partitions().stream()
                .flatMap(one -> some.apply(one.owners()).stream())
                .collect(Collectors.toMap(replica -> replica, replica -> 1L, Math::max));
        set(name, null, description, labels(RoundMeters.REPLICA, replicas, counts));
    }

    private void progress(DatasetView view, String name, String description, ToDoubleFunction<ReplicaProgress> ms) {
        set(
                name,
                "seconds",
                description,
                view.progress().stream()
                        .map(one -> row(RoundMeters.REPLICA, one.replica(), ms.applyAsDouble(one) / MS_PER_SECOND))
                        .toList());
    }

    private static Map<String, Long> waits(PartitionStatus partition) {
        return partition.waits().stream()
                .collect(Collectors.toMap(PartitionStatus.Wait::target, PartitionStatus.Wait::keys, Long::sum));
    }

    private static Map<String, Long> sum(
            List<PartitionStatus> partitions, Function<PartitionStatus, Map<String, Long>> counts) {
        Map<String, Long> sum = new TreeMap<>();
        partitions.forEach(
                partition -> counts.apply(partition).forEach((name, count) -> sum.merge(name, count, Long::sum)));
        return sum;
    }

    private static List<String> names(Enum<?>... values) {
        return Stream.of(values).map(Enum::name).toList();
    }

    private static List<Row<Number>> labels(String label, List<String> values, Map<String, Long> counts) {
        return values.stream()
                .map(value -> row(
                        label,
                        label.equals("kind") || label.equals("reason") ? value.toLowerCase(Locale.ROOT) : value,
                        counts.getOrDefault(value, 0L)))
                .toList();
    }

    private static Row<Number> row(String label, String value, Number number) {
        return Row.of(Tags.of(label, value), number);
    }

    private void set(String name, String unit, String description, List<Row<Number>> rows) {
        gauges.computeIfAbsent(
                        name,
                        n -> MultiGauge.builder(n)
                                .description(description)
                                .baseUnit(unit)
                                .register(registry))
                .register(rows, true);
    }
}
