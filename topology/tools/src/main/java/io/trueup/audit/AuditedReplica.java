package io.trueup.audit;

import io.trueup.topic.Cluster;
import java.util.Optional;

/**
 * A replica to be compared, and the topics that contain its writes and repairs.
 *
 * @param name its name
 * @param topic its writes topic
 * @param format one of {@link io.trueup.source.WriteFormat#NAMES}
 * @param repairsTopic topic of its repair events, in the same cluster, if there is one
 * @param cluster where the topics are
 */
public record AuditedReplica(
        String name, String topic, String format, Optional<String> repairsTopic, Cluster cluster) {}
