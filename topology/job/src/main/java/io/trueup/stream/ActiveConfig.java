package io.trueup.stream;

import io.trueup.avro.RecordCodecs;
import io.trueup.config.ReplicaTopics;
import io.trueup.config.TrueupConfig;
import io.trueup.reconcile.settings.Settings;
import io.trueup.repair.RepairFormat;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The configuration that is in force for one replica. It can be replaced by another one while tasks run. Immutable except
 * for {@code change}; thread-safe.
 *
 * @param config the configuration of the process
 * @param settings the settings of the replica's reconcilers
 * @param repairs where repairs are sent, by target
 * @param change follows how the tasks take up this configuration
 */
public record ActiveConfig(
        TrueupConfig config, Settings settings, Map<String, RepairRoute> repairs, PlacementChange change) {

    /**
     * Where the repairs of one target are sent, and in which format.
     *
     * @param topic repair topic of the target
     * @param format format of that topic
     */
    record RepairRoute(String topic, RepairFormat format) {}

    public static ActiveConfig of(TrueupConfig config, Settings settings, PlacementChange change, RecordCodecs codecs) {
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
                                        target.repairsTopic(),
                                        codecs.writing(target.repairsEncoding()))));
            }
        }
        return new ActiveConfig(config, settings, Map.copyOf(repairs), change);
    }

    /** The owners of a partition, in order of name. */
    List<String> owners(int partition) {
        return settings.placement().owners(partition);
    }
}
