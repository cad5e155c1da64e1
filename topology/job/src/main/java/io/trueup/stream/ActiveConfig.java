package io.trueup.stream;

import io.trueup.config.ReplicaTopics;
import io.trueup.config.TrueupConfig;
import io.trueup.reconcile.Settings;
import io.trueup.repair.RepairFormat;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The configuration that is in force for one replica. Another one takes its place while tasks run. Immutable but for the
 * change that it follows; thread-safe.
 *
 * @param config the process's configuration
 * @param settings what the replica's reconcilers must know of it
 * @param repairs where repairs go, by target
 * @param change how the tasks take it up
 */
public record ActiveConfig(
        TrueupConfig config, Settings settings, Map<String, RepairRoute> repairs, PlacementChange change) {

    /**
     * Where the repairs of one target go, and how they are written.
     *
     * @param topic its repair topic
     * @param format the format of that topic
     */
    record RepairRoute(String topic, RepairFormat format) {}

    public static ActiveConfig of(TrueupConfig config, Settings settings, PlacementChange change) {
        Map<String, RepairRoute> repairs = new HashMap<>();
        for (String name : config.replicas()) {
            ReplicaTopics target = config.replica(name);
            if (target.repairsTopic() != null) {
                repairs.put(
                        name,
                        new RepairRoute(
                                target.repairsTopic(),
                                RepairFormat.of(
                                        target.repairsFormat().label(),
                                        config.dataset(),
                                        name,
                                        target.repairsTopic())));
            }
        }
        return new ActiveConfig(config, settings, Map.copyOf(repairs), change);
    }

    /** The owners of a partition, in order of name. */
    List<String> owners(int partition) {
        return settings.placement().owners(partition);
    }
}
