package io.trueup.audit;

import io.trueup.source.canonical.ValueForm;
import io.trueup.topic.Cluster;
import java.util.Optional;

/**
 * A replica to be compared, and the topics that contain its writes and repairs.
 *
 * @param name its name
 * @param topic its writes topic
 * @param format one of {@link io.trueup.source.WriteFormat#NAMES}
 * @param form what of its values is compared
 * @param repairsTopic topic of its repair events, in the same cluster, if there is one
 * @param cluster where the topics are
 */
public record AuditedReplica(
        String name, String topic, String format, ValueForm form, Optional<String> repairsTopic, Cluster cluster) {

    /** A replica whose values are compared by their bytes. */
    public AuditedReplica(String name, String topic, String format, Optional<String> repairsTopic, Cluster cluster) {
        this(name, topic, format, ValueForm.BYTES, repairsTopic, cluster);
    }
}
